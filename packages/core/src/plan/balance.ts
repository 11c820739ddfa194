// Equal counts in the blocks of grouped convolutions: which classes a group of linked constraints may keep.
import { type Coupling, FIXED } from '../coupling/coupling.ts';
import { chooseBalanced, type Edge } from './transport.ts';

/** Constraints that share classes, and the distinct ways they divide them into blocks. */
export interface BalancedSet {
  /** Classes the set decides about. */
  readonly classes: readonly number[];
  /** Distinct partitions: block of each class (absent: not constrained), number of blocks, block size, fixed positions per block. */
  readonly partitions: readonly Partition[];
  /** False when it must stay whole: more than two different divisions, or classes that repeat within a division. */
  readonly solvable: boolean;
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
    const classes = new Set(
      constraint.blocks.flatMap((block) => [...block]).filter((label) => label !== FIXED),
    );
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
      const classes = [...new Set(partitions.flatMap((partition) => [...partition.blockOf.keys()]))];
      return { classes, partitions, solvable: solvable && partitions.length <= 2 };
    });
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
  if (!set.solvable) return all;
  const counts = set.partitions.map((partition) => wantedCounts(partition, wished, limits));
  const [left, right] = set.partitions as [Partition, Partition | undefined];
  const edges = set.classes.map(
    (id): Edge => ({
      id,
      left: left.blockOf.get(id) ?? -1,
      right: right?.blockOf.get(id) ?? -1,
      score: mustKeep(id) ? Infinity : score(id),
    }),
  );
  // From the wished counts outwards: the nearest pair that has a solution.
  for (const leftCount of counts[0]!) {
    for (const rightCount of counts[1] ?? [0]) {
      // Blocks with fixed positions need fewer classes; only sets whose blocks agree in that are followed.
      const needed = (partition: Partition, count: number): number => count - partition.fixed[0]!;
      if (set.partitions.some((p) => p.fixed.some((f) => f !== p.fixed[0]))) return all;
      const kept = chooseBalanced(
        edges,
        left.blocks,
        right?.blocks ?? 0,
        needed(left, leftCount),
        right ? needed(right, rightCount) : 0,
      );
      if (kept) return kept;
    }
  }
  return all;
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
  return candidates.sort((a, b) => Math.abs(a - mean) - Math.abs(b - mean) || b - a);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
