// What a criterion is: the shapes of its input, its options and its answer.
import type { Coupling } from '../coupling/coupling.ts';
import type { Random } from '../random.ts';
import type { ActivationSource, GradientSource } from './data-source.ts';
import type { Norm } from './filter-view.ts';
import type { ConvolutionMode } from './kernel-pairs.ts';
import type { Normalizer } from './normalizer.ts';
import type { TileRunner } from './pair-tiles.ts';
import type { Reduction } from './reduction.ts';
import type { WeightSource } from './weight-source.ts';

/** How far the scoring is; `done` and `total` count kernel pairs or filters, whatever the criterion works through. */
export interface ImportanceProgress {
  readonly type: 'importance.progress';
  readonly done: number;
  readonly total: number;
}

/**
 * A user's own importance: one score per class of `coupling.classes`, higher = keep, `Infinity` = never cut.
 * The normalizer of the options is applied to what it returns; the reduction is its own affair.
 */
export type Importance = (
  coupling: Coupling,
  weights: WeightSource,
  options: ImportanceOptions,
) => Float64Array | Promise<Float64Array>;

/** Options of every importance; each criterion reads those it knows. */
export interface ImportanceOptions {
  /** How the members of a class become one score, default `sum`. */
  readonly reduction?: Reduction;
  /** How groups are made comparable, default `sum`; `none` for ranking inside one group. */
  readonly normalizer?: Normalizer;
  /** FSCL: the norm of a composed kernel, default `l1`; `l2` sums squares. */
  readonly norm?: Norm;
  /** FSCL: the part of the composed kernel that counts, default `full`. */
  readonly mode?: ConvolutionMode;
  /** FSCL: whether the kernel pairs of one filter and one slice are added up (default) or averaged. */
  readonly pairs?: 'sum' | 'mean';
  /** Random: where the numbers come from. */
  readonly random?: Random;
  /** HRank and FSCL weighted by activations: what they know of the data. */
  readonly activations?: ActivationSource;
  /** Taylor: what it knows of the gradients. */
  readonly gradients?: GradientSource;
  /** FSCL: who evaluates the heavy tiles; default this thread. */
  readonly runner?: TileRunner;
  /** Stops the work at the next tile or layer; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a criterion of the table is given. */
export interface CriterionInput {
  readonly coupling: Coupling;
  readonly weights: WeightSource;
  readonly options: ImportanceOptions;
}

/** Scores of the classes in one member of their groups: one weight, or one pair of weights between which the channels flow. */
export interface MemberScores {
  /** Node index of the producing weight, −1 where the criterion looks at none. */
  readonly producer: number;
  /** Score by class id; rows of one class in the same member are already added up. */
  readonly scores: ReadonlyMap<number, number>;
}

/** A criterion of the table: yields progress where it takes long and returns its members, higher = keep. */
export type Criterion = (
  input: CriterionInput,
) => AsyncGenerator<ImportanceProgress, readonly MemberScores[]> | readonly MemberScores[];
