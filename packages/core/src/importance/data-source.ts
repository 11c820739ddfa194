// What criteria that look at data are given: plain numbers per use of a weight, whoever measured them.
import { EspalierError } from '../errors.ts';
import type { ImportanceOptions } from './criterion.ts';

/** What calibration images showed of the activations. */
export interface ActivationSource {
  /** Mean rank of the feature map behind each row of a produce use, by use id; see `findFeatureMaps`. */
  readonly ranks?: ReadonlyMap<number, Float64Array>;
  /** Root mean square of what each position of a consume use reads, by use id; see `findReadValues`. */
  readonly amplitudes?: ReadonlyMap<number, Float64Array>;
}

/** What batches showed of the gradients. */
export interface GradientSource {
  /** One vector per batch: Σ gradient · value over the elements of the constant at each position of a use, by use id. */
  readonly products: ReadonlyMap<number, readonly Float64Array[]>;
}

/** Images that statistics are taken from where nothing else is said. */
export const CALIBRATION_IMAGES = 256;

/** What a criterion may need of data: a part of {@link ActivationSource} or {@link GradientSource}. */
export type DataNeed = keyof ActivationSource | keyof GradientSource;

/** The part of the options' data that a criterion needs. Error, kind usage: `importance.no-data` when it is missing. */
export function requireData<Need extends DataNeed>(
  { activations, gradients }: Pick<ImportanceOptions, 'activations' | 'gradients'>,
  need: Need,
  criterion: string,
): NonNullable<(ActivationSource & GradientSource)[Need]> {
  const found = { ...activations, ...gradients }[need];
  if (found) return found as NonNullable<(ActivationSource & GradientSource)[Need]>;
  throw noData(criterion);
}

/** The error for a number measured on images that is none: `what` names it, such as "the amplitude of channel 3". */
export function unusable(value: string, what: string, found: number): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'importance.non-finite',
    message: `On these images ${what} at '${value}' is ${found}, so channels cannot be scored.`,
    hint: 'Check the preprocessing and the images; a model that overflows on them cannot be judged by them.',
  });
}

/** The error for a criterion that needs data and got none. */
export function noData(criterion: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'importance.no-data',
    message: `The criterion '${criterion}' looks at data, and none were given.`,
    hint: 'Name some images with --data PATH, or score by weights alone, such as --criterion fscl.',
  });
}
