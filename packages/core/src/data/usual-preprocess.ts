// The preprocessings that networks are usually trained with, to be tried out where a model file does not tell its own.
import { countChannels, type Preprocess } from './preprocess.ts';
import type { PreprocessGuess } from './preprocess-guess.ts';

/** A preprocessing under the name people know it by. */
export interface NamedPreprocess {
  readonly name: string;
  readonly preprocess: Preprocess;
}

type Normalisation = Pick<Preprocess, 'scale' | 'mean' | 'std'>;

/** Means and deviations in the order RGB. */
const NORMALISATIONS: Readonly<Record<string, Normalisation>> = {
  '0..1': { scale: 1 / 255, mean: [0], std: [1] },
  ImageNet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  '-1..1': { scale: 1 / 255, mean: [0.5], std: [0.5] },
  'CIFAR-10': { scale: 1 / 255, mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
  MNIST: { scale: 1 / 255, mean: [0.1307], std: [0.3081] },
  '0..255': { scale: 1, mean: [0], std: [1] },
};

/** Sets whose numbers are worth a try on grey pictures only. */
const GREY_ONLY = ['MNIST'];

/**
 * The usual normalisations of a model's input, with everything else as it was guessed; only the guess itself, as `told by the model`, where the
 * model tells how it is normalised. `imageChannels` are those of the pictures at hand.
 */
export function usualNormalisations(
  { preprocess, assumed }: PreprocessGuess,
  imageChannels: number,
): readonly NamedPreprocess[] {
  if (!assumed.includes('mean') || !assumed.includes('std'))
    return [{ name: 'told by the model', preprocess }];
  const channels = countChannels(preprocess.channels, imageChannels);
  return Object.entries(NORMALISATIONS).flatMap(([name, { scale, mean, std }]) => {
    const fits = channels === 3 ? !GREY_ONLY.includes(name) : mean.length === 1;
    const order = preprocess.channels === 'bgr' ? reversed : same;
    return fits ? [{ name, preprocess: { ...preprocess, scale, mean: order(mean), std: order(std) } }] : [];
  });
}

/** Further ways to prepare the same pictures, one thing changed each, where nothing in the model speaks for what was guessed. */
export function preprocessVariations(
  { name, preprocess }: NamedPreprocess,
  assumed: PreprocessGuess['assumed'],
): readonly NamedPreprocess[] {
  const { channels, resize, mean, std } = preprocess;
  const swapped = { rgb: 'bgr', bgr: 'rgb' } as const;
  const others = {
    'fit-crop': 'stretch',
    letterbox: 'letterbox-topleft',
    'letterbox-topleft': 'letterbox',
  } as const;
  const variations: NamedPreprocess[] = [];
  if (assumed.includes('channels') && (channels === 'rgb' || channels === 'bgr')) {
    const order = swapped[channels];
    variations.push({
      name: `${name}, ${order.toUpperCase()}`,
      preprocess: { ...preprocess, channels: order, mean: reversed(mean), std: reversed(std) },
    });
  }
  if (assumed.includes('resize') && resize in others) {
    const other = others[resize as keyof typeof others];
    variations.push({ name: `${name}, ${other}`, preprocess: { ...preprocess, resize: other } });
  }
  return variations;
}

function same(values: readonly number[]): readonly number[] {
  return values;
}

function reversed(values: readonly number[]): readonly number[] {
  return [...values].reverse();
}
