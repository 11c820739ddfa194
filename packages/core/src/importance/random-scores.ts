// The control every criterion must beat.
import { EspalierError } from '../errors.ts';
import type { CriterionInput, MemberScores } from './criterion.ts';

/** A uniform number in [0, 1) per class from `options.random`. Error: `importance.no-random` without one. */
export function scoreRandom({ coupling, options }: CriterionInput): readonly MemberScores[] {
  const { random } = options;
  if (!random) {
    throw new EspalierError({
      kind: 'usage',
      code: 'importance.no-random',
      message: "The criterion 'random' was asked for without a source of random numbers.",
      hint: 'Pass `random: createRandom(seed)` among the options.',
    });
  }
  return [{ producer: -1, scores: new Map(coupling.classes.map(({ id }) => [id, random.next()])) }];
}
