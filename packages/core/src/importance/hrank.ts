// HRank: filters whose feature maps have low rank carry little.
import type { CriterionInput, MemberScores } from './criterion.ts';
import { requireData } from './data-source.ts';
import { scoreRows } from './magnitude.ts';

/**
 * HRank, "HRank: Filter Pruning using High-Rank Feature Map" (CVPR 2020): the rank of the feature map a filter makes, behind its activation,
 * averaged over images. A member is a weight. Error: `importance.no-data`.
 */
export function scoreHrank({ coupling, options }: CriterionInput): readonly MemberScores[] {
  const ranks = requireData(options, 'ranks', 'hrank');
  return [...ranks].map(([use, values]) => scoreRows(coupling.uses[use]!, values));
}
