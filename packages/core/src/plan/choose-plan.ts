// Choosing what to cut: classes in the order of their scores, as many as the target asks for, within the limits.

import type { Cost, CostModel } from '../cost/cost.ts';
import { type Coupling, FIXED } from '../coupling/coupling.ts';
import { type KeepMask, keepAll } from '../coupling/survivors.ts';
import { EspalierError } from '../errors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import { groupBy } from '../group-by.ts';
import { matchesPattern, type PlanLimits, prepareLimits } from './limits.ts';

/** Exactly one of these says how much to cut. */
export interface PlanTarget {
  /** Fraction of the multiply-accumulates to keep, in (0, 1]. */
  readonly macs?: number;
  /** Fraction of the parameters to keep, in (0, 1]. */
  readonly params?: number;
  /** Fraction of the cuttable channels to remove, in [0, 1). */
  readonly ratio?: number;
  /**
   * Fraction of channels to remove by layer: a record from layer name or pattern to fraction, or a list in the order of the graph's
   * prunable layers.
   */
  readonly layerRatios?: Readonly<Record<string, number>> | readonly number[];
}

/** Options of {@link choosePlan}. */
export interface PlanOptions extends PlanTarget, PlanLimits {
  /**
   * global: one order over all groups (scores must be comparable: see the normalizers). local: every group loses the same share.
   * Default: global for macs and params, local for ratio.
   */
  readonly ranking?: 'global' | 'local';
}

/** What was chosen. */
export interface Choice {
  readonly keep: KeepMask;
  readonly original: Cost;
  readonly cost: Cost;
  /** Fraction of the cuttable channels that goes. */
  readonly removedChannels: number;
  /** Least fraction of the target's measure that any choice within the limits can reach; only for macs and params. */
  readonly least?: number;
}

/** Targets count as met within this fraction of the original. */
export const TARGET_TOLERANCE = 0.01;

/**
 * Chooses the classes to keep. `scores` has one entry per class, higher stays.
 * Errors: `plan.bad-target` (usage), `plan.unknown-layer` (usage), `plan.nothing-to-cut` (target), `plan.unreachable` (target; the message says what
 * stops it).
 */
export function choosePlan(
  traced: TracedModel,
  coupling: Coupling,
  costs: CostModel,
  scores: Float64Array,
  options: PlanOptions,
): Choice {
  const target = checkTarget(options);
  const limiter = prepareLimits(traced, coupling, scores, options);
  const cuttable = coupling.classes.map((c) => c.id).filter((id) => limiter.cuttable[id] === 1);
  if (cuttable.length === 0) throw nothingToCut(traced, coupling);
  const finish = (keep: KeepMask, least?: number): Choice => ({
    keep,
    original: costs.original,
    cost: costs.totals(keep),
    removedChannels: cuttable.filter((id) => keep[id] === 0).length / cuttable.length,
    ...(least !== undefined && { least }),
  });
  if (target.kind === 'layerRatios') {
    return finish(limiter.apply(wishByLayer(traced, coupling, scores, limiter.cuttable, target.ratios)));
  }
  const local = (options.ranking ?? (target.kind === 'ratio' ? 'local' : 'global')) === 'local';
  const order = local ? localOrder(coupling, scores, limiter.cuttable) : globalOrder(cuttable, scores);
  const choose = (gone: readonly number[]): KeepMask => {
    const wished = keepAll(coupling);
    for (const id of gone) wished[id] = 0;
    return limiter.apply(wished);
  };
  if (target.kind === 'ratio') return finish(choose(order.slice(0, Math.round(target.value * order.length))));

  const { kind, value } = target;
  const measure = (keep: KeepMask): number => costs.totals(keep)[kind] / costs.original[kind];
  const least = measure(choose(order));
  const step = Math.max(1, Math.round(options.roundTo ?? 1));
  if (least > value + TARGET_TOLERANCE) {
    throw unreachable(traced, coupling, costs, { kind, target: value, least, step });
  }
  const attempt = (gone: readonly number[]): Attempt => {
    const keep = choose(gone);
    return { gone, keep, off: measure(keep) - value };
  };
  const units = (keep: KeepMask): readonly (readonly number[])[] => {
    const left = order.filter((id) => keep[id] === 1);
    const layers = [...groupBy(left, (id) => coupling.groups[coupling.classes[id]!.group]!.root).values()];
    return STEPS.flatMap((factor) => layers.map((members) => members.slice(0, factor * step)));
  };
  return finish(search({ order, units, attempt }), least);
}

type CheckedTarget =
  | { readonly kind: 'macs' | 'params'; readonly value: number }
  | { readonly kind: 'ratio'; readonly value: number }
  | { readonly kind: 'layerRatios'; readonly ratios: NonNullable<PlanTarget['layerRatios']> };

function checkTarget(options: PlanTarget): CheckedTarget {
  const given = (['macs', 'params', 'ratio', 'layerRatios'] as const).filter(
    (kind) => options[kind] !== undefined,
  );
  const bad = (message: string): EspalierError =>
    new EspalierError({
      kind: 'usage',
      code: 'plan.bad-target',
      message,
      hint: '--macs and --params take the fraction kept, such as 0.6; --ratio and --layer-ratios the fraction removed.',
    });
  const [kind] = given;
  if (!kind || given.length > 1) {
    throw bad(kind ? `More than one target was given: ${given.join(', ')}.` : 'No target was given.');
  }
  if (kind === 'layerRatios') {
    const ratios = options.layerRatios!;
    for (const [name, ratio] of Object.entries(ratios)) {
      if (!(ratio >= 0 && ratio < 1))
        throw bad(`The ratio of layer '${name}' is ${ratio}; it must lie in [0, 1).`);
    }
    return { kind, ratios };
  }
  const value = options[kind]!;
  const valid = kind === 'ratio' ? value >= 0 && value < 1 : value > 0 && value <= 1;
  if (!valid)
    throw bad(`The target ${kind} is ${value}; it must lie in ${kind === 'ratio' ? '[0, 1)' : '(0, 1]'}.`);
  return kind === 'ratio' ? { kind, value } : { kind, value };
}

const byScore =
  (scores: Float64Array) =>
  (a: number, b: number): number =>
    scores[a]! - scores[b]! || a - b;

function globalOrder(cuttable: readonly number[], scores: Float64Array): readonly number[] {
  return [...cuttable].sort(byScore(scores));
}

/** Classes by their rank within the group, so that every prefix takes the same share of every group. */
function localOrder(coupling: Coupling, scores: Float64Array, cuttable: Uint8Array): readonly number[] {
  const ranked = coupling.groups.flatMap((group) => {
    const members = [...group.classes].filter((id) => cuttable[id] === 1).sort(byScore(scores));
    return members.map((id, rank) => ({ id, share: (rank + 0.5) / members.length }));
  });
  return ranked.sort((a, b) => a.share - b.share || a.id - b.id).map(({ id }) => id);
}

interface Attempt {
  readonly gone: readonly number[];
  readonly keep: KeepMask;
  /** Measure minus target: negative is below. */
  readonly off: number;
}

/** What a search may use: the classes in the order they should go, layers as units, and how to judge a choice. */
interface SearchSpace {
  readonly order: readonly number[];
  readonly units: (keep: KeepMask) => readonly (readonly number[])[];
  readonly attempt: (gone: readonly number[]) => Attempt;
}

/**
 * The choice that comes nearest to the target from below, or from above where that is nearer. Bisection over how many classes go finds the two prefixes of
 * the order around the target. Where one class (or one rounding step) of a wide layer is worth several percent, the lower one gets channels back, best
 * first; and if that leaves a gap, the upper one loses whole steps of single layers.
 */
function search(space: SearchSpace): KeepMask {
  const { order, attempt } = space;
  let [low, high] = [0, order.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (attempt(order.slice(0, middle)).off <= 0) high = middle;
    else low = middle;
  }
  const above = attempt(order.slice(0, low));
  const below = refill(space, attempt(order.slice(0, high)));
  const nearest = (a: Attempt, b: Attempt): Attempt => (Math.abs(b.off) < Math.abs(a.off) ? b : a);
  const best = nearest(below, above);
  return Math.abs(best.off) <= TARGET_TOLERANCE ? best.keep : nearest(best, descend(space, above)).keep;
}

/** Brings channels back, the last to go first, while the target holds. */
function refill({ attempt }: SearchSpace, start: Attempt): Attempt {
  let best = start;
  let tries = 0;
  for (const id of start.gone.toReversed()) {
    if (best.off > 0 || -best.off < CLOSE_ENOUGH || tries === REFILL_TRIES) break;
    if (best.keep[id] === 1) continue;
    tries++;
    const next = attempt(best.gone.filter((other) => other !== id && best.keep[other] === 0));
    if (next.off <= 0 && next.off > best.off) best = next;
  }
  return best;
}

/**
 * Takes steps of single layers, the smallest and least important first, as long as each comes nearer to the target without passing it by more than
 * the tolerance; where none does, the one step that ends nearest.
 */
function descend({ attempt, units }: SearchSpace, start: Attempt): Attempt {
  let best = start;
  while (best.off > CLOSE_ENOUGH) {
    const steps = units(best.keep);
    let nearest = best;
    let next: Attempt | undefined;
    for (const step of steps) {
      const tried = attempt([...best.gone, ...step]);
      if (Math.abs(tried.off) < Math.abs(nearest.off)) nearest = tried;
      if (tried.off >= best.off || tried.off < -TARGET_TOLERANCE) continue;
      next = tried;
      break;
    }
    if (!next) return best.off > TARGET_TOLERANCE ? nearest : best;
    best = next;
  }
  return best;
}

/** A choice this near to its target (as a fraction of the original) needs no refining, and how many channels refining looks at. */
const CLOSE_ENOUGH = 0.002;
const REFILL_TRIES = 400;
/** Rounding steps that a layer may take at once: grouped convolutions only move when all their blocks do. */
const STEPS = [1, 2, 4, 8, 16] as const;

function wishByLayer(
  traced: TracedModel,
  coupling: Coupling,
  scores: Float64Array,
  cuttable: Uint8Array,
  ratios: Readonly<Record<string, number>> | readonly number[],
): KeepMask {
  const wished = keepAll(coupling);
  const roots = [...new Set(coupling.groups.filter((g) => g.root >= 0 && !g.frozen).map((g) => g.root))];
  const used = new Set<string>();
  const ratioOf = (root: number, position: number): number => {
    if (Array.isArray(ratios)) return (ratios as readonly number[])[position] ?? 0;
    const node = traced.nodes[root]!;
    const hits = Object.entries(ratios).filter(([pattern]) =>
      [nodeId(node), node.name ?? ''].some((name) => matchesPattern(pattern, name)),
    );
    for (const [pattern] of hits) used.add(pattern);
    return hits[0]?.[1] ?? 0;
  };
  for (const [position, root] of roots.entries()) {
    const ratio = ratioOf(root, position);
    for (const group of coupling.groups.filter((g) => g.root === root)) {
      const members = [...group.classes].filter((id) => cuttable[id] === 1).sort(byScore(scores));
      for (const id of members.slice(0, Math.round(ratio * members.length))) wished[id] = 0;
    }
  }
  const names = roots.map((root) => nodeId(traced.nodes[root]!));
  const unknown = Array.isArray(ratios)
    ? undefined
    : Object.keys(ratios).find((pattern) => !used.has(pattern));
  const tooMany = Array.isArray(ratios) && ratios.length > roots.length;
  if (unknown !== undefined || tooMany) {
    throw new EspalierError({
      kind: 'usage',
      code: 'plan.unknown-layer',
      message: tooMany
        ? `The layer ratios list ${ratios.length} entries, the model has ${roots.length} prunable layers.`
        : `The layer ratios name '${unknown}', which is no prunable layer.`,
      hint: `Prunable layers are ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', … (see `espalier groups`)' : ''}.`,
    });
  }
  return wished;
}

function nothingToCut(traced: TracedModel, coupling: Coupling): EspalierError {
  const produced = coupling.groups.some((group) => group.root >= 0);
  const free = coupling.groups.some((group) => group.root >= 0 && !group.frozen);
  return new EspalierError({
    kind: 'target',
    code: 'plan.nothing-to-cut',
    message: produced
      ? `No channel can be cut: ${free ? 'every layer that can be cut is ignored' : mainReasons(traced, coupling)}.`
      : 'The model has no convolution or matrix product with constant weights.',
    hint: 'Run `espalier inspect` to see what freezes each layer.',
  });
}

/** A target that no choice reaches. */
interface MissedTarget {
  readonly kind: 'macs' | 'params';
  readonly target: number;
  readonly least: number;
  /** What widths are multiples of. */
  readonly step: number;
}

function unreachable(
  traced: TracedModel,
  coupling: Coupling,
  costs: CostModel,
  { kind, target, least, step }: MissedTarget,
): EspalierError {
  const reasons = mainReasons(traced, coupling);
  const total = costs.original[kind].toLocaleString('en-US');
  const limits = step > 1 ? ` and at widths in multiples of ${step}` : '';
  const nearest = Math.ceil(least * 100) / 100;
  const ask = nearest < 1 ? `Ask for --${kind} ${nearest.toFixed(2)}, raise` : 'Raise';
  return new EspalierError({
    kind: 'target',
    code: 'plan.unreachable',
    message: `${kind} ${target} cannot be reached: within the limits${limits} at least ${least.toFixed(3)} of ${total} stay${reasons ? `; ${reasons}` : ''}.`,
    hint: `${ask} --max-ratio, lower --round-to, or drop --ignore.`,
  });
}

/** The reasons that hold the most channels, as text. */
function mainReasons(traced: TracedModel, coupling: Coupling): string {
  const held = new Map<number, number>();
  for (const use of coupling.uses) {
    if (use.role !== 'produce' || !use.kernel) continue;
    for (const label of use.labels) {
      const reason = label === FIXED ? -1 : coupling.classes[label]!.frozen;
      if (reason >= 0) held.set(reason, (held.get(reason) ?? 0) + 1);
    }
  }
  const top = [...held].sort((a, b) => b[1] - a[1]).slice(0, 3);
  return top
    .map(([id, count]) => {
      const reason = coupling.reasons[id]!;
      const where =
        reason.node < 0 ? `'${reason.value}'` : `${reason.opType} '${nodeId(traced.nodes[reason.node]!)}'`;
      return `${count} channels are frozen because ${where} ${reason.text}`;
    })
    .join('; ');
}
