// How much memory a model takes, measured in a process of its own.
import { fork } from 'node:child_process';
import { EspalierError, type InputSize, interruptedError, refuseWhenAborted } from '@espalier/core';

/** How a model is loaded and run. */
export interface MemoryOptions {
  /** Execution provider, default `cpu`. */
  readonly provider?: string;
  /** Intra-op threads, default: the runtime's choice. */
  readonly threads?: number;
  /** Dims by input name, for models with open dims. */
  readonly size?: InputSize;
  /** Runs after loading, default 5. */
  readonly runs?: number;
  readonly signal?: AbortSignal;
}

/** What a model took; resident memory of a process, bytes. */
export interface MemoryUse {
  /**
   * Most that loading the file and running it added to a process in which runtime and provider were running already: the parsed file, weights
   * as the file has them and as kernels want them, activations, inputs and outputs. What lies on a graphics adapter is not seen.
   */
  readonly peakBytes: number;
  /** The same until the session was made: parsing and packing may need more than a run does. */
  readonly loadPeakBytes: number;
  /** Peak of the whole process, with Node and the runtime. */
  readonly processBytes: number;
  /** Threads that the runtime computes on; absent where the system does not tell. */
  readonly threads?: number;
}

/** What the child process is asked. */
export interface ProbeQuestion extends Omit<MemoryOptions, 'runs' | 'signal'> {
  readonly path: string;
  readonly runs: number;
}

/** What it answers. */
export type ProbeAnswer = MemoryUse | { readonly failure: string };

/**
 * Measures the model file at `path`: a child process loads it as applications do, from the file, and runs it on random inputs. Throws
 * `interrupted`, and `bench.no-memory` when the process fails, as it does where memory does not suffice.
 */
export async function measureMemory(path: string, options: MemoryOptions = {}): Promise<MemoryUse> {
  const { signal, runs = 5, ...placement } = options;
  refuseWhenAborted(signal);
  const answer = await askProbe({ path, runs, ...placement }, signal);
  if ('failure' in answer) throw unmeasured(path, answer.failure);
  return answer;
}

// A small nursery: what JavaScript leaves lying about would else add megabytes, other ones each time.
const EXEC_ARGV = ['--max-semi-space-size=1'];

/** The compiled probe, reached alike from the sources and from the build. */
const PROBE = new URL('../../dist/bench/memory-probe.js', import.meta.url);

function askProbe(question: ProbeQuestion, signal: AbortSignal | undefined): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const child = fork(PROBE, { execArgv: EXEC_ARGV, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const stop = (): void => void child.kill();
    signal?.addEventListener('abort', stop, { once: true });
    let answer: ProbeAnswer | undefined;
    let complaint = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.on('message', (message) => {
      answer = message as ProbeAnswer;
    });
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) reject(interruptedError(signal.reason));
      else if (answer) resolve(answer);
      else
        reject(
          unmeasured(question.path, killedBy ? `it was ended by ${killedBy}` : describe(complaint, code)),
        );
    });
    child.send(question);
  });
}

function describe(complaint: string, code: number | null): string {
  const error = complaint.split('\n').find((line) => /^\w*Error\b/.test(line));
  return error ?? `it ended with code ${code}`;
}

function unmeasured(path: string, reason: string): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'bench.no-memory',
    message: `The memory of ${path} could not be measured: ${reason.replace(/\.+$/, '')}.`,
    hint: 'Leave it out with --no-memory.',
  });
}
