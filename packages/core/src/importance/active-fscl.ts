// FSCL with one side measured: a channel matters as much as what the weights that read it make of what it carries.
import type { CriterionInput, MemberScores } from './criterion.ts';
import { requireData } from './data-source.ts';
import { createFilterViews, measureMasses } from './filter-view.ts';
import { listUnread } from './fscl.ts';
import { scoreRows } from './magnitude.ts';

/**
 * FSCL by activations, an option of our own: Σ ‖B_n‖² · E[x²] over the kernels B_n that read a channel x. FSCL estimates from weights
 * what passes through a filter and its readers; with images at hand the filter's share is known, so its norm gives way to the mean square of what
 * it really hands on, and what is left is the energy that disappears from the readers' outputs. A member is a reading weight; a filter whose
 * channels no weight reads scores 0. Error: `importance.no-data`.
 */
export function scoreActiveFscl({ coupling, weights, options }: CriterionInput): readonly MemberScores[] {
  const amplitudes = requireData(options, 'amplitudes', 'fscl-active');
  const viewOf = createFilterViews(weights);
  const read = [...amplitudes].map(([id, values]) => {
    const use = coupling.uses[id]!;
    const masses = measureMasses(viewOf(use), 'l2');
    return scoreRows(
      use,
      masses.map((mass, position) => mass * values[position]! ** 2),
    );
  });
  return [...read, ...listUnread(coupling.uses)];
}
