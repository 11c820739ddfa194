// The thread that measures: a new one for every job, because threads of the runtime are chosen once, and so that its memory goes with it.
import {
  declaredFeeds,
  EspalierError,
  type HostJob,
  type HostReport,
  type TimedModel,
  timeRounds,
} from '@espalier/core';
import { createWebEngine, type OrtWebModule } from '../engine/web-engine.ts';
import { findClockStep } from './clock-step.ts';

/** What the thread is sent, once. */
export interface Work {
  readonly job: HostJob;
  readonly models: readonly Uint8Array[];
}

self.onmessage = async ({ data: { job, models } }: MessageEvent<Work>) => {
  const tell = (report: HostReport): void => self.postMessage(report);
  try {
    for await (const report of measure(job, models)) tell(report);
  } catch (error) {
    const { kind = 'engine', code = 'device.failed', hint } = error instanceof EspalierError ? error : {};
    const message = error instanceof Error ? error.message : String(error);
    tell({ type: 'failed', kind, code, message, ...(hint !== undefined && { hint }) });
  }
};

async function* measure(job: HostJob, models: readonly Uint8Array[]): AsyncGenerator<HostReport> {
  const { provider, threads = 1, seed, warmup, minRounds, minSeconds } = job;
  const runtime = await loadRuntime(provider, threads);
  const engine = createWebEngine(runtime);
  const timed = job.models.map(
    ({ name, inputSize }, i): TimedModel => ({
      name,
      load: () => engine.load(models[i]!, { provider }),
      feeds: (inputs) => declaredFeeds(inputs, inputSize, seed),
    }),
  );
  const clock = { now: () => performance.now(), stepMs: findClockStep(() => performance.now()) };
  const options = {
    ...(warmup !== undefined && { warmup }),
    ...(minRounds !== undefined && { minRounds }),
    ...(minSeconds !== undefined && { minSeconds }),
  };
  for await (const event of timeRounds(timed, clock, options)) {
    if (event.type !== 'timed') {
      yield event;
      continue;
    }
    const times = event.times.map((model) => ({
      ...model,
      rounds: model.rounds.map((slice) => slice.map(roundMs)),
    }));
    // The runtime lowers the number where memory cannot be shared.
    const taken = provider === 'wasm' ? { threads: runtime.env.wasm.numThreads ?? 1 } : {};
    yield { type: 'timed', times, ...taken };
  }
}

async function loadRuntime(provider: string, threads: number): Promise<OrtWebModule> {
  const file = provider === 'webgpu' ? 'ort.webgpu.min.mjs' : 'ort.wasm.min.mjs';
  const runtime: OrtWebModule = await import(/* @vite-ignore */ `${self.location.origin}/ort/${file}`);
  runtime.env.wasm.wasmPaths = `${self.location.origin}/ort/`;
  runtime.env.wasm.numThreads = threads;
  runtime.env.logLevel = 'fatal';
  return runtime;
}

/** To a tenth of a microsecond: finer than any clock here, and half as long on the way. */
function roundMs(ms: number): number {
  return Math.round(ms * 1e4) / 1e4;
}
