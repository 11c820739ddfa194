// Equal counts in the blocks of grouped convolutions: which classes a group of linked constraints may keep.
import { type BlockConstraint, type Coupling, FIXED } from '../coupling/coupling.ts';
import { combinations, findCommonOrder, survivorsBefore } from './intervals.ts';
import { chooseBalanced, type Edge } from './transport.ts';

/** Constraints that share classes, and the distinct ways they divide them into blocks. */
export interface BalancedSet {
  /** Classes the set decides about. */
  readonly classes: readonly number[];
  /** Distinct partitions: block of each class (absent: not constrained), number of blocks, block size, fixed positions per block. */
  readonly partitions: readonly Partition[];
  /**
   * How a balanced choice is found: by transport between the blocks of at most two partitions, by counting along a common order
   * of any number of partitions, or not at all (the set stays whole).
   */
  readonly method: 'transport' | 'intervals' | 'whole';
}

interface Partition {
  readonly blockOf: ReadonlyMap<number, number>;
  readonly blocks: number;
  readonly size: number;
  readonly fixed: readonly number[];
}

/** Groups the constraints of a coupling into sets that share classes. */
export function linkConstraints(coupling: Coupling): readonly BalancedSet[] {
  const owner = new Map<number, number>();
  const sets: { constraints: number[] }[] = [];
  coupling.constraints.forEach((constraint, index) => {
    const classes = classesOf(constraint);
    const touched = [...new Set([...classes].flatMap((label) => owner.get(label) ?? []))];
    const home = touched[0] ?? sets.push({ constraints: [] }) - 1;
    for (const other of touched.slice(1)) {
      sets[home]!.constraints.push(...sets[other]!.constraints);
      sets[other]!.constraints = [];
      for (const [label, set] of owner) if (set === other) owner.set(label, home);
    }
    sets[home]!.constraints.push(index);
    for (const label of classes) owner.set(label, home);
  });
  return sets
    .filter((set) => set.constraints.length > 0)
    .map((set) => {
      let solvable = true;
      const partitions: Partition[] = [];
      for (const index of set.constraints) {
        const partition = divide(coupling.constraints[index]!.blocks);
        if (!partition) solvable = false;
        else if (!partitions.some((known) => samePartition(known, partition))) partitions.push(partition);
      }
      const members = set.constraints.flatMap((index) => [...classesOf(coupling.constraints[index]!)]);
      const classes = [...new Set(members)];
      return { classes, partitions, method: solvable ? methodFor(partitions) : 'whole' };
    });
}

function classesOf({ blocks }: BlockConstraint): ReadonlySet<number> {
  return new Set(blocks.flatMap((block) => [...block]).filter((label) => label !== FIXED));
}

function methodFor(partitions: readonly Partition[]): BalancedSet['method'] {
  // Blocks with fixed positions need fewer classes; only partitions whose blocks agree in that are followed.
  if (partitions.some(({ fixed }) => fixed.some((count) => count !== fixed[0]))) return 'whole';
  if (partitions.length <= 2) return 'transport';
  return findCommonOrder(partitions.map(blocksOf)) ? 'intervals' : 'whole';
}

function blocksOf(partition: Partition): readonly (readonly number[])[] {
  const blocks = Array.from({ length: partition.blocks }, (): number[] => []);
  for (const [label, block] of partition.blockOf) blocks[block]!.push(label);
  return blocks;
}

/** Undefined when a class lies in one division more than once. */
function divide(blocks: readonly Int32Array[]): Partition | undefined {
  const blockOf = new Map<number, number>();
  const fixed = blocks.map(() => 0);
  for (const [b, block] of blocks.entries()) {
    for (const label of block) {
      if (label === FIXED) fixed[b]!++;
      else if (blockOf.has(label)) return undefined;
      else blockOf.set(label, b);
    }
  }
  return { blockOf, blocks: blocks.length, size: blocks[0]!.length, fixed };
}

function samePartition(a: Partition, b: Partition): boolean {
  if (a.blockOf.size !== b.blockOf.size || a.blocks !== b.blocks) return false;
  return [...a.blockOf].every(([label, block]) => b.blockOf.get(label) === block);
}

/** Limits on the counts of one balanced choice. */
export interface BalanceLimits {
  /** Largest share of a block that may go. */
  readonly maxRatio: number;
  /** Total counts are multiples of this where that is possible. */
  readonly roundTo: number;
}

/**
 * The classes of a set to keep, as near as possible to the wished ones: per-block counts first (the mean of the wished counts), then the best
 * classes for these counts. Everything stays where no balanced choice exists.
 */
export function balance(
  set: BalancedSet,
  wished: (label: number) => boolean,
  score: (label: number) => number,
  mustKeep: (label: number) => boolean,
  limits: BalanceLimits,
): ReadonlySet<number> {
  const all = new Set(set.classes);
  if (set.method === 'whole') return all;
  const counts = set.partitions.map((partition) => wantedCounts(partition, wished, limits));
  const channels = set.classes.map((id) => ({ id, score: mustKeep(id) ? Infinity : score(id) }));
  const solve = set.method === 'transport' ? solveTransport : solveIntervals;
  return solve(set, counts, channels) ?? all;
}

interface Channel {
  readonly id: number;
  readonly score: number;
}

/** From the wished counts outwards: the nearest pair of counts that has a solution. */
function solveTransport(
  set: BalancedSet,
  counts: readonly (readonly number[])[],
  channels: readonly Channel[],
): ReadonlySet<number> | undefined {
  const [left, right] = set.partitions as [Partition, Partition | undefined];
  const edges = channels.map(
    ({ id, score }): Edge => ({
      id,
      left: left.blockOf.get(id) ?? -1,
      right: right?.blockOf.get(id) ?? -1,
      score,
    }),
  );
  for (const leftCount of counts[0]!) {
    for (const rightCount of counts[1] ?? [0]) {
      const kept = chooseBalanced(edges, left.blocks, right?.blocks ?? 0, leftCount, rightCount);
      if (kept) return kept;
    }
  }
  return undefined;
}

/** Combinations of counts looked at before a set is left whole. */
const MAX_COMBINATIONS = 20_000;

function solveIntervals(
  set: BalancedSet,
  counts: readonly (readonly number[])[],
  channels: readonly Channel[],
): ReadonlySet<number> | undefined {
  const common = findCommonOrder(set.partitions.map(blocksOf))!;
  const scoreOf = new Map(channels.map(({ id, score }) => [id, score]));
  const must = (from: number, to: number): number =>
    common.order.slice(from, to).filter((id) => scoreOf.get(id) === Infinity).length;
  for (const choice of combinations(counts, MAX_COMBINATIONS)) {
    const fixed = survivorsBefore(common.divisions, choice, must);
    if (!fixed) continue;
    const kept = new Set<number>();
    for (let i = 1; i < fixed.length; i++) {
      const [from, to] = [fixed[i - 1]!, fixed[i]!];
      const run = common.order.slice(from.position, to.position);
      run.sort((a, b) => scoreOf.get(b)! - scoreOf.get(a)! || a - b);
      for (const id of run.slice(0, to.kept - from.kept)) kept.add(id);
    }
    return kept;
  }
  return undefined;
}

/** Per-block counts to try, nearest to the mean wished count first; never above the block size. */
function wantedCounts(
  partition: Partition,
  wished: (label: number) => boolean,
  limits: BalanceLimits,
): readonly number[] {
  const kept =
    [...partition.blockOf.keys()].filter(wished).length + partition.fixed.reduce((a, b) => a + b, 0);
  const step = limits.roundTo / gcd(limits.roundTo, partition.blocks);
  const least = Math.max(1, Math.ceil(partition.size * (1 - limits.maxRatio)));
  const mean = kept / partition.blocks;
  const candidates = Array.from({ length: partition.size }, (_, i) => i + 1).filter(
    (count) => count >= least && (count % step === 0 || count === partition.size),
  );
  const nearest = candidates.sort((a, b) => Math.abs(a - mean) - Math.abs(b - mean) || b - a);
  return nearest.map((count) => count - partition.fixed[0]!).filter((count) => count >= 0);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
