// What a wished choice becomes once the limits have had their say: no empty axis, no layer below its floor, rounded widths, balanced blocks,
// protected layers. Limits only ever bring channels back, so they always end in a valid choice.
import { type Branch, compatibleBranches } from '../coupling/branches.ts';
import { type Coupling, FIXED, type Use } from '../coupling/coupling.ts';
import { type KeepMask, keepAll } from '../coupling/survivors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import { balance, linkConstraints } from './balance.ts';

/** Limits of a plan. */
export interface PlanLimits {
  /** Widths are multiples of this, or whole. Default 1. */
  readonly roundTo?: number;
  /** Largest share of a layer's channels that may go, in [0, 1]. Default 0.9. */
  readonly maxRatio?: number;
  /** Channels that layers had before earlier cuts, by name of the first output; `maxRatio` is then a share of these. */
  readonly widths?: Readonly<Record<string, number>>;
  /** Layers (name of the first output, or the node's name) that keep all their channels; `*` matches anything. */
  readonly ignore?: readonly string[];
  /** Whether branches may go altogether where all their channels are wished away, whatever `maxRatio` says; default false. */
  readonly branches?: boolean;
}

/** Default of {@link PlanLimits.maxRatio}. */
export const DEFAULT_MAX_RATIO = 0.9;

/** Turns wished choices into valid ones; prepared once per model. */
export interface Limiter {
  /** 1 for each class that may go at all. */
  readonly cuttable: Uint8Array;
  /** Branches that may go altogether, by their deciding group. */
  readonly branches: ReadonlyMap<number, Branch>;
  apply(wished: KeepMask): KeepMask;
}

/** Matches a name against a pattern in which `*` stands for anything. */
export function matchesPattern(pattern: string, name: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(name);
}

/** Prepares the limits of one model; `scores` decide which channels come back first (highest). */
export function prepareLimits(
  traced: TracedModel,
  coupling: Coupling,
  scores: Float64Array,
  limits: PlanLimits,
): Limiter {
  const roundTo = Math.max(1, Math.round(limits.roundTo ?? 1));
  const maxRatio = limits.maxRatio ?? DEFAULT_MAX_RATIO;
  const layers = coupling.uses.filter((use) => use.role === 'produce' && use.kernel);
  const cuttable = cuttableClasses(traced, coupling, layers, limits.ignore ?? []);
  const sets = linkConstraints(coupling);
  const balanced = new Set(sets.flatMap((set) => set.classes));
  const floors = layers
    .filter((use) => !use.labels.some((label) => balanced.has(label)))
    .map(({ labels, node }) => {
      const width = limits.widths?.[nodeId(traced.nodes[node]!)] ?? labels.length;
      return { labels, least: Math.max(1, Math.ceil(width * (1 - maxRatio) - 1e-9)) };
    });
  const axes = distinctVectors(coupling, cuttable);
  const branches = limits.branches ? cuttableBranches(coupling, cuttable) : [];
  const takers = takersOf([...axes, ...floors.map(({ labels }) => labels)], branches);

  return {
    cuttable,
    branches: new Map(branches.map((branch) => [branch.group, branch])),
    apply(wished) {
      const keep = keepAll(coupling).map((_, id) => (cuttable[id] === 1 && wished[id] === 0 ? 0 : 1));
      const isGone = ({ classes }: Branch): boolean => classes.every((id) => keep[id] === 0);
      const going = new Set(compatibleBranches(branches.filter(isGone)));
      const mayBeEmpty = (labels: Int32Array): boolean =>
        takers.get(labels)?.some((branch) => going.has(branch) && isGone(branch)) ?? false;
      const mustKeep = cuttable.map((bit) => 1 - bit);
      /** Brings the best channels back until as many are left as wanted; false when they are. */
      const restore = (labels: Int32Array, wanted: (kept: number) => number): boolean => {
        let kept = 0;
        for (const label of labels) if (label === FIXED || keep[label] === 1) kept++;
        const target = Math.min(wanted(kept), labels.length);
        if (kept >= target) return false;
        const gone = [...new Set(labels)].filter((label) => label !== FIXED && keep[label] === 0);
        gone.sort((a, b) => scores[b]! - scores[a]! || a - b);
        for (const label of gone) {
          if (kept >= target) break;
          keep[label] = 1;
          mustKeep[label] = 1;
          for (const other of labels) if (other === label) kept++;
        }
        return true;
      };
      const balanceAll = (): void => {
        for (const set of sets) {
          const kept = balance(
            set,
            (label) => keep[label] === 1,
            (label) => scores[label]!,
            (label) => mustKeep[label] === 1,
            { maxRatio, roundTo },
          );
          for (const label of set.classes) keep[label] = kept.has(label) ? 1 : 0;
        }
      };
      balanceAll();
      for (let changed = true; changed; ) {
        changed = false;
        for (const { labels, least } of floors) {
          if (mayBeEmpty(labels)) continue;
          const round = (kept: number): number => {
            const floor = Math.max(kept, least);
            return Math.ceil(floor / roundTo) * roundTo;
          };
          if (restore(labels, round)) changed = true;
        }
        for (const labels of axes) {
          if (!mayBeEmpty(labels) && restore(labels, (kept) => Math.max(kept, 1))) changed = true;
        }
        // What came back may have left blocks unequal.
        if (changed) balanceAll();
      }
      return keep;
    },
  };
}

function cuttableClasses(
  traced: TracedModel,
  coupling: Coupling,
  layers: readonly Use[],
  ignore: readonly string[],
): Uint8Array {
  const cuttable = Uint8Array.from(coupling.classes, (c) =>
    c.frozen < 0 && coupling.groups[c.group]!.root >= 0 ? 1 : 0,
  );
  for (const use of layers) {
    const node = traced.nodes[use.node]!;
    const names = [nodeId(node), node.name ?? ''];
    if (!ignore.some((pattern) => names.some((name) => matchesPattern(pattern, name)))) continue;
    for (const label of use.labels) if (label !== FIXED) cuttable[label] = 0;
  }
  return cuttable;
}

/** Branches of which every channel may go. */
function cuttableBranches({ branches }: Coupling, cuttable: Uint8Array): readonly Branch[] {
  return branches.filter(({ classes }) => classes.every((id) => cuttable[id] === 1));
}

/** For vectors all of whose channels go with some branch, those branches. */
function takersOf(
  vectors: readonly Int32Array[],
  branches: readonly Branch[],
): ReadonlyMap<Int32Array, readonly Branch[]> {
  const takers = new Map<Int32Array, Branch[]>();
  for (const branch of branches) {
    const own = new Set(branch.classes);
    for (const labels of new Set(vectors)) {
      if (!labels.every((label) => own.has(label))) continue;
      const mine = takers.get(labels);
      if (mine) mine.push(branch);
      else takers.set(labels, [branch]);
    }
  }
  return takers;
}

/** Every label vector of every value and weight block that could become empty, once. */
function distinctVectors(coupling: Coupling, cuttable: Uint8Array): readonly Int32Array[] {
  const vectors = new Set<Int32Array>();
  for (const axes of coupling.values.values()) for (const { labels } of axes) vectors.add(labels);
  for (const use of coupling.uses) vectors.add(use.labels);
  const mayGo = (label: number): boolean => label !== FIXED && cuttable[label] === 1;
  return [...vectors].filter((labels) => labels.length > 0 && labels.every(mayGo));
}
