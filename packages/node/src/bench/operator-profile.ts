// Where the time of a model goes, operator by operator, as the runtime's own profiler sees it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Engine,
  EspalierError,
  type LoadOptions,
  type Model,
  median,
  type NdArray,
  nodeId,
} from '@espalier/core';

/** How to profile. */
export interface ProfileOptions
  extends Pick<LoadOptions, 'provider' | 'threads' | 'optimization' | 'externalFiles'> {
  /** Profiled runs; a row is the median over them. Default 10. */
  readonly runs?: number;
  /** Runs left out before those, default 2. */
  readonly warmup?: number;
}

/** The time of one kernel the runtime launches, which may stand for several fused nodes. */
export interface OperatorTime {
  /** The first output of the original node it comes from; absent for kernels the runtime adds, such as layout changes. */
  readonly node?: string;
  /** What the runtime calls the kernel. */
  readonly kernel: string;
  /** The operator it runs: `Conv`, or a name of the runtime's own such as `FusedConv`, `ReorderOutput`. */
  readonly opType: string;
  /** Execution provider that ran it: `cpu` also for what another provider does not take. Empty where the trace does not tell. */
  readonly provider: string;
  /** Milliseconds per run, median over the runs. */
  readonly ms: number;
  /** Part of the sum of all rows, 0 to 1. */
  readonly share: number;
}

/** A profile, slowest kernel first. */
export interface OperatorProfile {
  readonly rows: readonly OperatorTime[];
  /** One whole run, milliseconds, median; above the sum of the rows by the time between kernels, profiling included. */
  readonly runMs: number;
  readonly runs: number;
}

/**
 * Profiles a model. Nodes may lack names, so a copy is profiled in which every node is named after its first output. The default
 * optimisation `all` shows what really runs: rows of a fused kernel carry the node it is named after (a convolution in blocked layout
 * with a fused activation is named after the activation's output, and is then attributed to the convolution that feeds it), and the time
 * of the nodes fused into it. With optimisation `basic` or `disabled` nearly every node has its own row, at another total.
 * The runtime's trace file is removed. Throws `bench.no-profiler` for engines without a profiler.
 */
export async function profileOperators(
  engine: Engine,
  model: Model,
  feeds: Readonly<Record<string, NdArray>>,
  options: ProfileOptions = {},
): Promise<OperatorProfile> {
  const { runs = 10, warmup = 2, ...load } = options;
  const folder = await mkdtemp(join(tmpdir(), 'espalier-profile-'));
  try {
    const session = await engine.load(nameNodes(model), { ...load, profile: join(folder, 'trace') });
    let path: string | undefined;
    try {
      for (let run = 0; run < warmup + runs; run++) await session.run(feeds);
      path = session.endProfiling?.();
    } finally {
      await session.close();
    }
    if (path === undefined) throw missingProfiler(engine);
    return summariseTrace(JSON.parse(await readFile(path, 'utf8')), model, warmup);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One event of the runtime's trace (Chrome trace format); times in microseconds. */
export interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: { readonly op_name?: string; readonly provider?: string };
}

/**
 * Reads a trace into a profile: kernels summed by name within each run (the first `warmup` left out), then the median over the runs.
 * Kernels inside If and Loop bodies are part of the time of the If or Loop.
 */
export function summariseTrace(trace: readonly TraceEvent[], model: Model, warmup: number): OperatorProfile {
  const runs = trace
    .filter((e) => e.name === 'model_run')
    .sort((a, b) => a.ts - b.ts)
    .slice(warmup);
  const kernels = outermost(trace.filter((e) => e.cat === 'Node' && e.name.endsWith('_kernel_time')));
  const times = new Map<string, { opType: string; provider: string; us: number[] }>();
  for (const event of kernels) {
    const run = runs.findIndex((r) => r.ts <= event.ts && event.ts < r.ts + r.dur);
    if (run < 0) continue;
    const kernel = event.name.slice(0, -'_kernel_time'.length);
    const { op_name: opType = '', provider = '' } = event.args;
    const entry = times.get(kernel) ?? { opType, provider: nameProvider(provider), us: runs.map(() => 0) };
    entry.us[run]! += event.dur;
    times.set(kernel, entry);
  }
  const findNode = nodeFinder(model);
  const rows = [...times].map(([kernel, { opType, provider, us }]) => ({
    kernel,
    opType,
    provider,
    node: findNode(kernel, opType),
    ms: median(us) / 1000,
  }));
  const total = rows.reduce((sum, row) => sum + row.ms, 0);
  return {
    rows: rows
      .map(({ node, ...row }) => ({
        ...(node === undefined ? {} : { node }),
        ...row,
        share: total > 0 ? row.ms / total : 0,
      }))
      .sort((a, b) => b.ms - a.ms),
    runMs: median(runs.map((run) => run.dur)) / 1000,
    runs: runs.length,
  };
}

/** What options call a provider: `cpu` for `CPUExecutionProvider`, `webgpu` for `WebGpuExecutionProvider`. */
function nameProvider(provider: string): string {
  return provider.replace(/ExecutionProvider$/, '').toLowerCase();
}

/** Leaves out the events that lie within another one: kernels of a subgraph, whose node has its own event. */
function outermost(events: readonly TraceEvent[]): readonly TraceEvent[] {
  let end = Number.NEGATIVE_INFINITY;
  return [...events]
    .sort((a, b) => a.ts - b.ts || b.dur - a.dur)
    .filter((event) => {
      const inside = event.ts + event.dur <= end;
      end = Math.max(end, event.ts + event.dur);
      return !inside;
    });
}

function nameNodes(model: Model): Model {
  const nodes = model.graph.nodes.map((node) => ({ ...node, name: nodeId(node) }));
  return { ...model, graph: { ...model.graph, nodes } };
}

/** Finds the original node behind a kernel: the runtime keeps, extends or replaces the names it was given. */
function nodeFinder(model: Model): (kernel: string, opType: string) => string | undefined {
  const producers = new Map(
    model.graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  return (kernel, opType) => {
    const named = producers.get(kernel) ?? producers.get(kernel.replace(/(_nchwc|\/\w+\/)$/, ''));
    if (named === undefined) return undefined;
    // A kernel named after the activation it ends with starts one or two nodes earlier, where its own operator stands.
    const chain = [named];
    while (chain.length < 3) {
      const before = producers.get(chain.at(-1)?.inputs[0] ?? '');
      if (before === undefined) break;
      chain.push(before);
    }
    return nodeId(chain.find((node) => opType.endsWith(node.opType)) ?? named);
  };
}

function missingProfiler(engine: Engine): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'bench.no-profiler',
    message: `The engine ${engine.name} has no profiler.`,
    hint: 'Profile with onnxruntime-node.',
  });
}
