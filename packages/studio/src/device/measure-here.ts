// Measures a job in a thread of its own and passes on what that says.
import type { HostJob, HostReport } from '@espalier/core';

/** Reports of a job, the last one with its times or its failure. Ends with an error when the signal is aborted or the thread dies. */
export async function* measureHere(
  job: HostJob,
  models: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<HostReport> {
  const worker = new Worker(new URL('./measuring-worker.ts', import.meta.url), { type: 'module' });
  const reports: HostReport[] = [];
  let wake = (): void => {};
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
        yield report;
        if (report.type === 'timed' || report.type === 'failed') return;
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
    worker.terminate();
  }
}
