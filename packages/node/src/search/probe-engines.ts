// What probes run on: the engine that is there, or several threads with an engine of their own.
import { availableParallelism } from 'node:os';
import type { Engine, LoadOptions } from '@espalier/core';
import { startEngineThread } from '../workers/engine-thread.ts';

/** Engines that share probes out, and how they load models. Close them. */
export interface ProbeEngines {
  readonly engines: readonly Engine[];
  readonly load: LoadOptions | undefined;
  close(): Promise<void>;
}

/** Threads that one session makes good use of. On two cores one session on both beat two on one each: fast probes took 10 % less time. */
const THREADS_EACH = 4;
/** Each worker runs for itself what lies before its probes, and holds the values there: more gain less and less. */
const MOST_WORKERS = 4;

/** How many workers probes are shared out among unless told, for so many threads (default: what the machine offers). */
export function chooseProbeWorkers(threads = availableParallelism()): number {
  return Math.min(MOST_WORKERS, Math.max(1, Math.floor(threads / THREADS_EACH)));
}

/**
 * Opens `workers` engines like the given one, which must be one of `createOrtEngine` where they are more than one. They share out the threads that
 * `load` has for each session, or those of the machine. Other providers than the processor run where they are: threads gain nothing on one device.
 */
export function openProbeEngines(engine: Engine, workers: number, load?: LoadOptions): ProbeEngines {
  if (workers === 1 || (load?.provider ?? 'cpu') !== 'cpu') {
    return { engines: [engine], load, close: async () => {} };
  }
  const threads = Math.max(1, Math.floor((load?.threads ?? availableParallelism()) / workers));
  const engines = Array.from({ length: workers }, () => startEngineThread(engine));
  return {
    engines,
    load: { ...load, threads },
    close: async () => {
      await Promise.all(engines.map(({ stop }) => stop()));
    },
  };
}
