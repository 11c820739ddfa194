// The ledger of a coupling analysis: mints channel ids, ties them (union-find), remembers where each comes from
// and why some cannot go. The one mutable thing of the analysis; it is read out once at the end.
import { NONE } from '../labels/label-tensor.ts';
import type { FlowStep, FreezeReason } from './coupling.ts';

/** Mutable record of one analysis. */
export interface Ledger {
  /** New ids base … base + count − 1, with the step that made them; each is tied to its sources (frozen for `reason` where one is NONE). */
  mint(step: Omit<FlowStep, 'base' | 'count'>, count: number, reason: number): Int32Array;
  /** The two channels go together. Tied to NONE, a channel is frozen for `reason`. */
  tie(a: number, b: number, reason: number): void;
  freeze(id: number, reason: number): void;
  /** Freezes every id; runs of one id (label tensors of detection heads hold millions) cost one step. */
  freezeAll(ids: Int32Array, reason: number): void;
  /** Representative of an id; equal for tied ids. */
  find(id: number): number;
  /** Reason of a representative, −1 when free. */
  reasonOf(root: number): number;
  reason(details: Omit<FreezeReason, 'id'>): number;
  readonly size: number;
  readonly steps: readonly FlowStep[];
  readonly reasons: readonly FreezeReason[];
}

/** An empty ledger. */
export function openLedger(): Ledger {
  let parent = new Int32Array(1024);
  let frozen = new Int32Array(1024).fill(-1);
  let size = 0;
  const steps: FlowStep[] = [];
  const reasons: FreezeReason[] = [];
  const reasonIds = new Map<string, number>();

  const grow = (count: number): void => {
    if (size + count <= parent.length) return;
    const capacity = Math.max(size + count, parent.length * 2);
    const nextParent = new Int32Array(capacity);
    nextParent.set(parent);
    const nextFrozen = new Int32Array(capacity).fill(-1);
    nextFrozen.set(frozen);
    parent = nextParent;
    frozen = nextFrozen;
  };
  const find = (id: number): number => {
    let root = id;
    while (parent[root] !== root) root = parent[root]!;
    while (parent[id] !== root) {
      const next = parent[id]!;
      parent[id] = root;
      id = next;
    }
    return root;
  };
  const freeze = (id: number, reason: number): void => {
    if (id === NONE) return;
    const root = find(id);
    if (frozen[root] === -1) frozen[root] = reason;
  };
  const tie = (a: number, b: number, reason: number): void => {
    if (a === NONE || b === NONE) {
      freeze(a === NONE ? b : a, reason);
      return;
    }
    const ra = find(a);
    const rb = find(b);
    if (ra === rb) return;
    // The older id stays the representative, and the older reason the reason: print-outs follow the graph's order.
    const keep = Math.min(ra, rb);
    const drop = Math.max(ra, rb);
    parent[drop] = keep;
    if (frozen[keep] === -1) frozen[keep] = frozen[drop]!;
  };
  return {
    mint(step, count, reason) {
      grow(count);
      const base = size;
      size += count;
      for (let id = base; id < size; id++) parent[id] = id;
      const ids = parent.slice(base, size);
      steps.push({ ...step, base, count });
      for (const source of step.sources) for (let i = 0; i < count; i++) tie(base + i, source[i]!, reason);
      return ids;
    },
    tie,
    freeze,
    freezeAll(ids, reason) {
      let last = NONE;
      for (const id of ids) {
        if (id !== last) freeze(id, reason);
        last = id;
      }
    },
    find,
    reasonOf: (root) => frozen[root]!,
    reason(details) {
      const key = `${details.node}|${details.value}|${details.text}`;
      const known = reasonIds.get(key);
      if (known !== undefined) return known;
      const id = reasons.length;
      reasons.push({ id, ...details });
      reasonIds.set(key, id);
      return id;
    },
    get size() {
      return size;
    },
    steps,
    reasons,
  };
}
