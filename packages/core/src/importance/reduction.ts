// From the scores of a class's members to one score per class.
import type { Coupling } from '../coupling/coupling.ts';
import type { MemberScores } from './criterion.ts';

/**
 * How the members of a class become one score: `sum` (default), `mean`, `max`, or `first`: the member of the group's root alone
 * (for FSCL the root with the first weight that reads it).
 */
export type Reduction = (typeof reductions)[number];

/** Names of all reductions. */
export const reductions = ['sum', 'mean', 'max', 'first'] as const;

/**
 * Reduces members to one score per class. A class without members scores 0 when no weight produces it (padding: nothing is lost
 * with it) and `Infinity` when one does: the criterion cannot judge it, so it stays.
 */
export function reduceMembers(
  coupling: Pick<Coupling, 'classes' | 'groups'>,
  members: readonly MemberScores[],
  reduction: Reduction,
): Float64Array {
  const counts = new Int32Array(coupling.classes.length);
  const scores = new Float64Array(coupling.classes.length);
  const inOrder = [...members].sort((a, b) => a.producer - b.producer);
  for (const member of inOrder) {
    for (const [id, score] of member.scores) {
      const seen = counts[id]!++;
      scores[id] = seen === 0 ? score : combine(scores[id]!, score, reduction);
    }
  }
  return scores.map((score, id) => {
    const count = counts[id]!;
    if (count === 0) return coupling.groups[coupling.classes[id]!.group]!.root < 0 ? 0 : Infinity;
    return reduction === 'mean' ? score / count : score;
  });
}

function combine(current: number, next: number, reduction: Reduction): number {
  switch (reduction) {
    case 'sum':
    case 'mean':
      return current + next;
    case 'max':
      return Math.max(current, next);
    case 'first':
      return current;
  }
}
