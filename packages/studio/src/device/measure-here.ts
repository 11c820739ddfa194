// Measures a job in a thread of its own and passes on what that says.
import type { HostJob, HostReport } from '@espalier/core';

/** The thread of the last job, for the next one on the same provider with as many threads: to start the runtime takes seconds. */
let idle: { readonly way: string; readonly worker: Worker } | undefined;

/** Reports of a job, the last one with its times or its failure. Ends with an error when the signal is aborted or the thread dies. */
export async function* measureHere(
  job: HostJob,
  models: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<HostReport> {
  const way = `${job.provider} ${job.threads ?? ''}`;
  const worker = takeWorker(way);
  const reports: HostReport[] = [];
  let wake = (): void => {};
  let done = false;
  let death: Error | undefined;
  worker.onmessage = ({ data }: MessageEvent<HostReport>) => {
    reports.push(data);
    wake();
  };
  const die = (message: string): void => {
    death = new Error(message);
    wake();
  };
  worker.onerror = (event) => die(event.message || 'The measuring thread could not be started.');
  const stop = (): void => die('The measurement was called off.');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    worker.postMessage(
      { job, models },
      models.map((bytes) => bytes.buffer as ArrayBuffer),
    );
    for (;;) {
      for (let report = reports.shift(); report; report = reports.shift()) {
        done = report.type === 'timed';
        yield report;
        if (done || report.type === 'failed') return;
      }
      if (death) throw death;
      await new Promise<void>((resolve) => {
        wake = resolve;
        // Something may have come while the last report was on its way.
        if (reports.length > 0 || death) resolve();
      });
    }
  } finally {
    signal.removeEventListener('abort', stop);
    if (done) idle = { way, worker };
    else worker.terminate();
  }
}

function takeWorker(way: string): Worker {
  const former = idle;
  idle = undefined;
  if (former?.way === way) return former.worker;
  former?.worker.terminate();
  return new Worker(new URL('./measuring-worker.ts', import.meta.url), { type: 'module' });
}
