// The proof of a cut: the zeroed original and the pruned model compute the same, at every output and every surviving layer.
import { type BranchRemains, branchRemains } from '../coupling/branches.ts';
import type { Coupling } from '../coupling/coupling.ts';
import { type KeepMask, keptAlong } from '../coupling/survivors.ts';
import type { Engine, Session } from '../engine/engine.ts';
import { type InputSize, nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';
import type { PlanCut } from '../plan/plan.ts';
import { createRandom } from '../random.ts';
import { randomFeeds } from '../trace/feeds.ts';
import { toNumbers } from '../trace/trace.ts';
import { compareRows } from './deviation.ts';
import { zeroOriginal } from './zeroed-original.ts';

/** Values are compared in batches of at most this many bytes, so that large models need no more memory than they do anyway. */
const BATCH_BYTES = 256 << 20;
const ROWS_LISTED = 8;

/** How one value compared, worst over all runs. */
export interface ValueCheck {
  readonly value: string;
  /** Name of the node that makes it. */
  readonly node: string;
  readonly opType: string;
  readonly kind: 'output' | 'layer';
  readonly deviation: number;
  /** Row (channel) of the largest deviation, in the pruned model's numbering. */
  readonly row: number;
  readonly rows: number;
  /** Rows whose reference was zero, constant or not finite in every run. */
  readonly unprovenRows: number;
  /** Rows beyond the tolerance, but no further off than the engine's own rounding of the same models. */
  readonly roundedRows: number;
  readonly verdict: 'proven' | 'not proven' | 'failed';
  /** Why it failed, where that is no deviation: `shape [1,8] instead of [1,10]`, `missing`. */
  readonly problem?: string;
}

/** The outcome of a verification. */
export interface Verification {
  /** failed: some value deviates. not proven: nothing deviates, but some value (an output or a whole layer) says nothing. */
  readonly verdict: 'proven' | 'not proven' | 'failed';
  readonly tolerance: number;
  /** Largest deviation over all values. */
  readonly deviation: number;
  readonly runs: number;
  readonly checks: readonly ValueCheck[];
  /** The first deviating value in execution order. */
  readonly firstFailure?: ValueCheck;
  /** Values that prove nothing, and rows of proven values that prove nothing. */
  readonly unproven: readonly string[];
}

/** Options of {@link verifyCut}. */
export interface VerifyOptions {
  /** Largest allowed max|Δ| / max|value| per row; default 1e-4; 1e-2 for models that compute in fp16, 5e-2 where activations are quantised to int8. */
  readonly tolerance?: number;
  /** Feeds to run beside the random ones (a user's images): they wake what noise leaves silent. */
  readonly feeds?: readonly Readonly<Record<string, NdArray>>[];
  /** Seed of the random inputs, default 1. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs the zeroed original (built from `cuts` alone) and `pruned` on the same inputs, at every traced size, and compares all graph outputs and the
 * outputs of all surviving layers that multiply, on their kept positions.
 */
export async function verifyCut(
  traced: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  cuts: readonly PlanCut[],
  pruned: Model,
  engine: Engine,
  options: VerifyOptions = {},
): Promise<Verification> {
  const zeroed = zeroOriginal(traced, cuts);
  const tolerance = options.tolerance ?? defaultTolerance(traced);
  const watched = watchedValues(traced, pruned, branchRemains(traced, coupling, keep));
  const checks = new Map<string, ValueCheck>();
  let runs = 0;
  for (const batch of batches(traced, watched)) {
    options.signal?.throwIfAborted();
    const names = batch.map((w) => w.value);
    const sessions = await openSessions(withOutputs(zeroed, names), withOutputs(pruned, names), engine);
    try {
      runs = 0;
      for (const feeds of feedsOf(traced.sizes, sessions.before, options)) {
        options.signal?.throwIfAborted();
        const reference = await sessions.before.run(feeds, names);
        const candidate = await sessions.after.run(feeds, names);
        for (const item of batch) {
          const expected = reference[item.value]!;
          const again = async (): Promise<Twins> => {
            const others = await sessions.rounding();
            const [zeroedAgain, prunedAgain] = [
              await others.before.run(feeds, [item.value]),
              await others.after.run(feeds, [item.value]),
            ];
            return { before: zeroedAgain[item.value]!, after: prunedAgain[item.value]! };
          };
          const check = await compare(
            coupling,
            keep,
            item,
            expected,
            candidate[item.value],
            tolerance,
            again,
          );
          checks.set(item.value, merge(checks.get(item.value), check));
        }
        runs++;
      }
    } finally {
      await sessions.close();
    }
  }
  const list = watched.flatMap((w) => checks.get(w.value) ?? []);
  const firstFailure = list.find((check) => check.verdict === 'failed');
  const unproven = list.filter((check) => check.verdict !== 'failed' && check.unprovenRows > 0);
  return {
    verdict: firstFailure
      ? 'failed'
      : list.some((check) => check.verdict === 'not proven')
        ? 'not proven'
        : 'proven',
    tolerance,
    deviation: list.reduce((worst, check) => Math.max(worst, check.deviation), 0),
    runs,
    checks: list,
    ...(firstFailure && { firstFailure }),
    unproven: unproven.map((check) => `${check.value}: ${check.unprovenRows} of ${check.rows} rows`),
  };
}

interface Watched {
  readonly value: string;
  readonly node: string;
  readonly opType: string;
  readonly kind: 'output' | 'layer';
}

/** Outputs of the graph and of every layer that both models have, in execution order; layers behind a branch that is gone may make constants by now. */
function watchedValues(traced: TracedModel, pruned: Model, { flat }: BranchRemains): readonly Watched[] {
  const surviving = new Set(pruned.graph.nodes.flatMap((node) => node.outputs));
  for (const name of flat.keys()) surviving.delete(name);
  const outputs = new Set(traced.graph.outputs.map((output) => output.name));
  const made = new Set(traced.nodes.flatMap((node) => node.outputs));
  const found = traced.nodes.flatMap((node): Watched[] =>
    node.outputs.flatMap((value, slot): Watched[] => {
      const facts = { value, node: nodeId(node), opType: node.opType };
      if (outputs.has(value)) return [{ ...facts, kind: 'output' }];
      const layer = slot === 0 && operatorOf(node)?.macs && traced.kindOf(value) === 'activation';
      return layer && surviving.has(value) ? [{ ...facts, kind: 'layer' }] : [];
    }),
  );
  const direct = [...outputs].filter((value) => !made.has(value));
  return [...found, ...direct.map((value): Watched => ({ value, node: value, opType: '', kind: 'output' }))];
}

function batches(traced: TracedModel, watched: readonly Watched[]): readonly (readonly Watched[])[] {
  const result: Watched[][] = [[]];
  let bytes = 0;
  for (const item of watched) {
    const size = 4 * elementCount(traced.shapeOf(item.value, traced.sizes.length - 1) ?? []);
    if (bytes + size > BATCH_BYTES && bytes > 0) {
      result.push([]);
      bytes = 0;
    }
    result.at(-1)!.push(item);
    bytes += size;
  }
  return result;
}

function withOutputs(model: Model, names: readonly string[]): Model {
  const declared = new Map(model.graph.outputs.map((output) => [output.name, output]));
  const outputs = names.map((name) => declared.get(name) ?? { name });
  return { ...model, graph: { ...model.graph, outputs } };
}

function feedsOf(
  sizes: readonly InputSize[],
  session: Session,
  options: VerifyOptions,
): readonly Readonly<Record<string, NdArray>>[] {
  const types = new Map(session.inputs.map((input) => [input.name, input.type]));
  const random = createRandom(options.seed ?? 1);
  return [...sizes.map((size) => randomFeeds(size, types, random)), ...(options.feeds ?? [])];
}

/** One value of both models. */
interface Twins {
  readonly before: NdArray;
  readonly after: NdArray;
}

/** The two models, and on demand both under other kernels: what these change is the engine's rounding. */
async function openSessions(zeroed: Model, pruned: Model, engine: Engine) {
  const open = async (optimization: 'basic' | 'all') => ({
    before: await engine.load(zeroed, { optimization }),
    after: await engine.load(pruned, { optimization }),
  });
  const first = await open('basic');
  let others: Awaited<ReturnType<typeof open>> | undefined;
  return {
    ...first,
    async rounding() {
      others ??= await open('all');
      return others;
    },
    async close(): Promise<void> {
      for (const session of [first, others].flatMap((pair) => (pair ? [pair.before, pair.after] : []))) {
        await session.close();
      }
    },
  };
}

/**
 * A row may be this many times further off than the engine's own rounding. Beyond the cap (sigmoids that vanish) the rounding is all there is: the
 * row proves nothing.
 */
const ROUNDING = { factor: 4, cap: 0.02 } as const;

async function compare(
  coupling: Coupling,
  keep: KeepMask,
  item: Watched,
  reference: NdArray,
  candidate: NdArray | undefined,
  tolerance: number,
  again: () => Promise<Twins>,
): Promise<ValueCheck> {
  const kept = reference.dims.map((_, axis) => keptAlong(coupling, item.value, axis, keep));
  const expected = reference.dims.map((size, axis) => kept[axis]?.length ?? size);
  const base = { ...item, row: -1, rows: 0, unprovenRows: 0, roundedRows: 0 };
  const failed = (problem: string): ValueCheck => ({
    ...base,
    deviation: Number.POSITIVE_INFINITY,
    verdict: 'failed',
    problem,
  });
  if (!candidate) return failed('missing');
  if (
    candidate.dims.length !== expected.length ||
    candidate.dims.some((size, axis) => size !== expected[axis])
  ) {
    return failed(`shape [${candidate.dims.join()}] instead of [${expected.join()}]`);
  }
  const values = toValues(reference);
  const others = toValues(candidate);
  let twins: Twins | undefined;
  let worst = { deviation: 0, row: -1 };
  let beyond: { deviation: number; row: number } | undefined;
  let roundedRows = 0;
  let [rows, unprovenRows] = [0, 0];
  for (const [i, axis] of rowAxes(coupling, item, reference.dims.length).entries()) {
    const { ratios, unproven } = compareRows(values, reference.dims, others, kept, axis);
    if (i === 0) {
      rows = ratios.length;
      unprovenRows = unproven.reduce((sum, bit) => sum + bit, 0);
    }
    let noise: Float64Array | undefined;
    for (const [row, deviation] of ratios.entries()) {
      if (deviation <= tolerance) {
        if (deviation > worst.deviation) worst = { deviation, row };
        continue;
      }
      if (!noise) {
        twins ??= await again();
        noise = roundingOf({ before: reference, after: candidate }, twins, kept, axis);
      }
      if (deviation <= ROUNDING.factor * noise[row]!) {
        if (deviation <= ROUNDING.cap) roundedRows++;
        else if (i === 0 && unproven[row] === 0) unprovenRows++;
      } else if (!beyond || deviation > beyond.deviation) beyond = { deviation, row };
    }
  }
  const silent = rows > 0 && unprovenRows === rows;
  const verdict = beyond ? 'failed' : silent ? 'not proven' : 'proven';
  return { ...base, ...(beyond ?? worst), rows, unprovenRows, roundedRows, verdict };
}

function toValues(array: NdArray): ArrayLike<number> {
  return array.type.includes('64') ? toNumbers(array) : toFloat32(array);
}

/** Rounding of each kept row: what other kernels change in the zeroed or in the pruned model, whichever is more. */
function roundingOf(
  first: Twins,
  again: Twins,
  kept: readonly (Int32Array | undefined)[],
  axis: number,
): Float64Array {
  const change = (a: NdArray, b: NdArray): Float64Array =>
    compareRows(toValues(a), a.dims, toValues(b), [], axis).ratios;
  const zeroed = change(first.before, again.before);
  return change(first.after, again.after).map((own, row) => Math.max(own, zeroed[kept[axis]?.[row] ?? row]!));
}

/** Channels lie on axis 1 of most outputs and last in token layouts and decoded detections: rows of both are judged. */
function rowAxes(coupling: Coupling, item: Watched, rank: number): readonly number[] {
  if (rank < 2) return [Math.max(rank - 1, 0)];
  if (item.kind === 'output' && rank <= 3) return [...new Set([1, rank - 1])];
  return [channelAxis(coupling, item.value, rank)];
}

function channelAxis(coupling: Coupling, value: string, rank: number): number {
  return coupling.values.get(value)?.[0]?.axis ?? Math.min(1, rank - 1);
}

/** Over several runs a failure stays, and a row proven once is proven. */
function merge(before: ValueCheck | undefined, now: ValueCheck): ValueCheck {
  if (!before || now.verdict === 'failed' || before.verdict === 'failed') {
    return before?.verdict === 'failed' ? before : now;
  }
  const worse = now.deviation > before.deviation ? now : before;
  const unprovenRows = Math.min(before.unprovenRows, now.unprovenRows);
  const roundedRows = Math.max(before.roundedRows, now.roundedRows);
  const verdict = before.verdict === 'proven' || now.verdict === 'proven' ? 'proven' : 'not proven';
  return { ...worse, unprovenRows, roundedRows, verdict };
}

/** Rounding of the arithmetic: fp32, fp16, or activations quantised to int8 (where one flipped rounding is a whole step). */
const TOLERANCE = { float32: 1e-4, float16: 1e-2, quantized: 5e-2 } as const;

function defaultTolerance(traced: TracedModel): number {
  const activations = traced.nodes.filter((node) => traced.kindOf(node.outputs[0] ?? '') === 'activation');
  if (activations.some((node) => operatorOf(node)?.quantizes)) return TOLERANCE.quantized;
  const half = activations.some(
    (node) =>
      operatorOf(node)?.macs &&
      node.inputs.some((name) => name !== '' && traced.constantOf(name)?.type === 'float16'),
  );
  return half ? TOLERANCE.float16 : TOLERANCE.float32;
}

/** The outcome in a few sentences, for people. */
export function describeVerification(result: Verification): readonly string[] {
  const layers = result.checks.filter((check) => check.kind === 'layer').length;
  const outputs = result.checks.length - layers;
  const scope = `${outputs} output${outputs === 1 ? '' : 's'} and ${layers} layer${layers === 1 ? '' : 's'}, ${result.runs} run${result.runs === 1 ? '' : 's'}`;
  const { firstFailure: failure } = result;
  if (failure) {
    const how = failure.problem ?? `deviation ${failure.deviation.toExponential(1)} in row ${failure.row}`;
    return [
      `failed: ${failure.opType} '${failure.node}' is the first to differ (${how}); allowed ${result.tolerance.toExponential(0)}`,
    ];
  }
  const lines = [
    `${result.verdict}: ${scope}, worst deviation ${result.deviation.toExponential(1)} (allowed ${result.tolerance.toExponential(0)})`,
  ];
  const rounded = result.checks.filter((check) => check.roundedRows > 0);
  if (rounded.length > 0) {
    const rows = rounded.reduce((sum, check) => sum + check.roundedRows, 0);
    lines.push(
      `${rows} row${rows === 1 ? '' : 's'} of ${rounded.map((check) => check.value).join(', ')} deviate more, but no more than the engine's own rounding of the same models`,
    );
  }
  if (result.unproven.length > 0) {
    const shown = result.unproven.slice(0, ROWS_LISTED).join(', ');
    const more = result.unproven.length - ROWS_LISTED;
    lines.push(
      `zero or constant in the original too, so they prove nothing: ${shown}${more > 0 ? `, and ${more} more values` : ''}`,
    );
  }
  return lines;
}
