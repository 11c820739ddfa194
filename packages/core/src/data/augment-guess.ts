// Which augmentation a training run gets when nobody chose one, and why: mirroring is an assumption about the world, so it is said.
import { type Augment, NO_AUGMENT, type PictureSize } from './augment.ts';
import type { ModelTask } from './preprocess-guess.ts';

/** The facts the choice is made from. */
export interface AugmentFacts {
  readonly task: ModelTask;
  /** Size of the model's input. */
  readonly input: PictureSize;
  readonly classNames?: readonly string[];
}

/** A choice, with what it rests on. */
export interface AugmentGuess {
  readonly augment: Augment;
  /** One sentence per decision. */
  readonly reasons: readonly string[];
}

/** Inputs up to this side are treated as the small pictures of CIFAR, which are shifted, not scaled. */
const SMALL_SIDE = 96;

/** Names whose pictures would become another class, or nonsense, in a mirror. */
const SIDED = /^.$|\b(left|right|digit|letter|text)\b/iu;

/**
 * Chooses by task: small classified pictures are shifted by an eighth of their side and mirrored, larger ones scaled by 0.75..1.25 and mirrored;
 * pictures for detectors are scaled by 0.5..1.5 and mirrored; for other tasks nothing happens, since their targets would not follow.
 * Classes named by single characters or by sides are not mirrored.
 */
export function guessAugment({ task, input, classNames = [] }: AugmentFacts): AugmentGuess {
  if (task !== 'classify' && task !== 'detect') {
    return {
      augment: NO_AUGMENT,
      reasons: ['Targets that are bound to places do not follow: no augmentation.'],
    };
  }
  const sided = classNames.find((name) => SIDED.test(name.replaceAll('_', ' ')));
  const mirror =
    sided === undefined
      ? 'Mirroring left to right is assumed to be harmless; for text, digits or left and right, leave flip out.'
      : `A class is named '${sided}': pictures are not mirrored.`;
  const side = Math.min(input.width, input.height);
  const moved = chooseMotion(task, side);
  return {
    augment: { ...NO_AUGMENT, ...moved.augment, flip: sided === undefined },
    reasons: [moved.reason, mirror],
  };
}

function chooseMotion(
  task: 'classify' | 'detect',
  side: number,
): { readonly augment: Partial<Augment>; readonly reason: string } {
  if (task === 'detect') {
    return { augment: { scale: [0.5, 1.5] }, reason: 'Objects come in all sizes: scaled by 0.5 to 1.5.' };
  }
  if (side > SMALL_SIDE) {
    return { augment: { scale: [0.75, 1.25] }, reason: 'Large pictures: scaled by 0.75 to 1.25.' };
  }
  const crop = Math.floor(side / 8);
  return {
    augment: { crop },
    reason: `Small pictures: shifted by up to ${crop} pixels, an eighth of the side.`,
  };
}
