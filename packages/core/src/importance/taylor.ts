// Taylor importance: how much the loss is expected to change when a filter goes, to first order.
import { FIXED } from '../coupling/coupling.ts';
import { groupBy } from '../group-by.ts';
import type { CriterionInput, MemberScores } from './criterion.ts';
import { requireData } from './data-source.ts';

/**
 * First-order Taylor importance of groups, "Importance Estimation for Neural Network Pruning" (CVPR 2019): (Σ gradient · weight)² over the
 * elements that make a channel, averaged over batches. A member is a node: a filter with its bias, or scale and shift of a batch
 * normalization; its sum is how fast the loss changes as that node's channel is scaled. Error: `importance.no-data`.
 */
export function scoreTaylor({ coupling, options }: CriterionInput): readonly MemberScores[] {
  const products = requireData(options, 'products', 'taylor');
  const watched = [...products.keys()].map((id) => coupling.uses[id]!);
  return [...groupBy(watched, ({ node }) => node)].map(([producer, uses]) => {
    const scores = new Map<number, number>();
    const batches = products.get(uses[0]!.id)!.length;
    for (let batch = 0; batch < batches; batch++) {
      const sums = new Map<number, number>();
      for (const { id, labels } of uses) {
        for (const [position, label] of labels.entries()) {
          if (label === FIXED) continue;
          sums.set(label, (sums.get(label) ?? 0) + products.get(id)![batch]![position]!);
        }
      }
      for (const [label, sum] of sums) scores.set(label, (scores.get(label) ?? 0) + sum ** 2 / batches);
    }
    return { producer, scores };
  });
}
