// One number per coupled channel: the table of criteria, and the way from a criterion to scores that can be ranked.
import type { Coupling } from '../coupling/coupling.ts';
import { EspalierError } from '../errors.ts';
import { suggestName } from '../suggest-name.ts';
import { scoreActiveFscl } from './active-fscl.ts';
import type { Criterion, Importance, ImportanceOptions, ImportanceProgress } from './criterion.ts';
import type { DataNeed } from './data-source.ts';
import { scoreFpgm } from './fpgm.ts';
import { scoreFscl } from './fscl.ts';
import { scoreHrank } from './hrank.ts';
import { scoreLamp } from './lamp.ts';
import { scoreBnGamma, scoreGammaL1, scoreL1, scoreL2 } from './magnitude.ts';
import { normalizeScores } from './normalizer.ts';
import { scoreRandom } from './random-scores.ts';
import { reduceMembers } from './reduction.ts';
import { scoreTaylor } from './taylor.ts';
import type { WeightSource } from './weight-source.ts';

/** A row of the table. */
export interface CriterionEntry {
  readonly score: Criterion;
  /** True when the largest members are cut first, for comparison; the scores are then negated after normalizing. */
  readonly largest?: boolean;
  /** What of the options' data it needs; default nothing: it looks at weights alone. */
  readonly needs?: DataNeed;
  /** One line for help texts. */
  readonly text: string;
}

/** The criteria by name. Each function's own comment says what it computes and which paper it is from. */
export const criteria = {
  fscl: { score: scoreFscl, text: 'filters together with the weights that read them (ICASSP 2023)' },
  l1: { score: scoreL1, text: 'L1 norm of the filters' },
  'l1-largest': { score: scoreL1, largest: true, text: 'L1 norm, largest filters cut first' },
  l2: { score: scoreL2, text: 'L2 norm of the filters' },
  'l2-largest': { score: scoreL2, largest: true, text: 'L2 norm, largest filters cut first' },
  'bn-gamma': { score: scoreBnGamma, text: 'scale of the BatchNormalization (ICCV 2017)' },
  'gamma-l1': { score: scoreGammaL1, text: 'scale of the BatchNormalization times L1 norm' },
  fpgm: { score: scoreFpgm, text: 'distance to the other filters of the layer (CVPR 2019)' },
  lamp: { score: scoreLamp, text: 'layer-adaptive magnitude (ICLR 2021)' },
  hrank: { score: scoreHrank, needs: 'ranks', text: 'rank of the feature maps (CVPR 2020)' },
  taylor: { score: scoreTaylor, needs: 'products', text: 'first-order change of the loss (CVPR 2019)' },
  'fscl-active': {
    score: scoreActiveFscl,
    needs: 'amplitudes',
    text: 'FSCL with what the channels carry on images in place of the filters',
  },
  random: { score: scoreRandom, text: 'random numbers, the control' },
} as const satisfies Readonly<Record<string, CriterionEntry>>;

/** A name of the table. */
export type CriterionName = keyof typeof criteria;

/** Finds a criterion by name. Error: `importance.unknown-criterion`, with the nearest name in the hint. */
export function findCriterion(name: string): CriterionEntry {
  if (Object.hasOwn(criteria, name)) return criteria[name as CriterionName];
  const names = Object.keys(criteria);
  const near = suggestName(name, names);
  throw new EspalierError({
    kind: 'usage',
    code: 'importance.unknown-criterion',
    message: `There is no criterion '${name}'.`,
    hint: `${near === undefined ? '' : `Did you mean '${near}'? `}Known criteria: ${names.join(', ')}.`,
  });
}

/** The criterion where none is said and nothing but the model is looked at. */
export const DEFAULT_CRITERION = 'fscl' satisfies CriterionName;

/**
 * Scores every class of a coupling: members by the criterion (a name, default {@link DEFAULT_CRITERION}, or the user's own function), members to classes
 * by `options.reduction`, groups made comparable by `options.normalizer`. Returns one score per class, higher = keep; `Infinity`
 * marks classes the criterion cannot judge. With a name ending in `-largest` scores are negative.
 * Errors: `importance.unknown-criterion`, `importance.invalid-scores` (a user's function), and those of the criterion.
 */
export async function* scoreClasses(
  coupling: Coupling,
  weights: WeightSource,
  criterion: CriterionName | (string & {}) | Importance = DEFAULT_CRITERION,
  options: ImportanceOptions = {},
): AsyncGenerator<ImportanceProgress, Float64Array> {
  const { reduction = 'sum', normalizer = 'sum', signal } = options;
  signal?.throwIfAborted();
  if (typeof criterion === 'function') {
    const scores = checkScores(await criterion(coupling, weights, options), coupling.classes.length);
    return normalizeScores(coupling, scores, normalizer);
  }
  const { score, largest } = findCriterion(criterion);
  const result = score({ coupling, weights, options });
  const members = 'next' in result ? yield* result : result;
  const scores = normalizeScores(coupling, reduceMembers(coupling, members, reduction), normalizer);
  return largest ? scores.map((x) => (x === Infinity ? x : -x)) : scores;
}

/** Scores without looking at the progress: the last value of {@link scoreClasses}. */
export async function computeImportance(...args: Parameters<typeof scoreClasses>): Promise<Float64Array> {
  const run = scoreClasses(...args);
  let step = await run.next();
  while (!step.done) step = await run.next();
  return step.value;
}

function checkScores(scores: Float64Array, classes: number): Float64Array {
  const bad = scores.findIndex((x) => Number.isNaN(x) || x === -Infinity);
  if (scores.length === classes && bad < 0) return scores;
  throw new EspalierError({
    kind: 'usage',
    code: 'importance.invalid-scores',
    message:
      bad < 0
        ? `The importance function returned ${scores.length} scores for ${classes} classes.`
        : `The importance function returned ${scores[bad]} for class ${bad}.`,
    hint: 'Return a Float64Array with one number per class, higher = keep, Infinity = never cut.',
  });
}
