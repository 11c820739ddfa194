// One worker thread that answers what it is asked, in order; what is open when it ends fails.
import { type Transferable, Worker } from 'node:worker_threads';
import { EspalierError } from '@espalier/core';

/** A running thread. Close it: it keeps the process alive. */
export interface WorkThread<Question, Answer> {
  /** Sends a question, handing over the memory listed in `transfer`. Fails with `workers.failed` or `workers.closed` when the thread ends first. */
  ask(question: Question, transfer?: readonly Transferable[]): Promise<Answer>;
  /** Number of questions not answered yet. */
  waiting(): number;
  /** Stops the thread at once. */
  close(): Promise<void>;
}

/** How a thread is started. */
export interface ThreadOptions {
  /** What the worker finds as its `workerData`. */
  readonly workerData?: unknown;
  /** Called once the thread can answer no more. */
  readonly onEnd?: () => void;
}

/**
 * Starts the compiled worker of that name. It is reached alike from `src/workers` and from `dist/workers`: Node 20 runs no TypeScript in a
 * worker, so the sources use the build too.
 */
export function startThread<Question, Answer>(
  name: string,
  { workerData, onEnd }: ThreadOptions = {},
): WorkThread<Question, Answer> {
  const worker = new Worker(new URL(`../../dist/workers/${name}.js`, import.meta.url), { workerData });
  const open: { resolve: (answer: Answer) => void; reject: (cause: unknown) => void }[] = [];
  let end: EspalierError | undefined;
  const retire = (failure: EspalierError): void => {
    if (end) return;
    end = failure;
    onEnd?.();
    for (const { reject } of open.splice(0)) reject(failure);
  };
  worker.on('message', (answer: Answer) => open.shift()?.resolve(answer));
  worker.on('error', (cause) => retire(describeFailure(cause)));
  worker.on('exit', () => retire(describeClosing()));
  return {
    ask: (question, transfer = []) =>
      new Promise((resolve, reject) => {
        if (end) {
          reject(end);
          return;
        }
        open.push({ resolve, reject });
        worker.postMessage(question, [...transfer]);
      }),
    waiting: () => open.length,
    close: async () => {
      await worker.terminate();
    },
  };
}

function describeFailure(cause: unknown): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'workers.failed',
    message: `A worker thread stopped: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Run with one thread; in a checkout of the sources build first (npm run build).',
    cause,
  });
}

function describeClosing(): EspalierError {
  return new EspalierError({
    kind: 'interrupted',
    code: 'workers.closed',
    message: 'A worker thread was closed before its work was done.',
  });
}
