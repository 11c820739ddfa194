import { describe, expect, it } from 'vitest';
import type { ValueType } from '../engine/engine.ts';
import { guessPreprocess } from './preprocess-guess.ts';
import { preprocessVariations, usualNormalisations } from './usual-preprocess.ts';

const value = (...dims: number[]): ValueType => ({ name: 'images', type: 'float32', dims });
const classifier = (channels: number) =>
  guessPreprocess({
    input: value(1, channels, 32, 32),
    outputs: [value(1, 10)],
    image: { width: 32, height: 32, channels },
  });

describe('usualNormalisations', () => {
  it('begins with the guess and changes nothing but the normalisation', () => {
    const guess = classifier(3);
    const all = usualNormalisations(guess, 3);
    expect(all.map(({ name }) => name)).toEqual(['0..1', 'ImageNet', '-1..1', 'CIFAR-10', '0..255']);
    expect(all[0]!.preprocess).toEqual(guess.preprocess);
    for (const { preprocess } of all) {
      const { scale, mean, std } = guess.preprocess;
      expect({ ...preprocess, scale, mean, std }).toEqual(guess.preprocess);
    }
  });

  it('has numbers for one channel where the model takes one', () => {
    const all = usualNormalisations(classifier(1), 1);
    expect(all.map(({ name }) => name)).toEqual(['0..1', '-1..1', 'MNIST', '0..255']);
  });

  it('turns means and deviations round for BGR', () => {
    const rgb = classifier(3);
    const bgr = { ...rgb, preprocess: { ...rgb.preprocess, channels: 'bgr' as const } };
    expect(usualNormalisations(bgr, 3)[1]!.preprocess).toMatchObject({
      ...{ channels: 'bgr', mean: [0.406, 0.456, 0.485], std: [0.225, 0.224, 0.229] },
    });
  });

  it('leaves alone what the model tells', () => {
    const yolo = guessPreprocess({ input: value(1, 3, 640, 640), outputs: [value(1, 84, 8400)] });
    expect(usualNormalisations(yolo, 3)).toEqual([
      { name: 'told by the model', preprocess: yolo.preprocess },
    ]);
  });
});

describe('preprocessVariations', () => {
  const { preprocess } = usualNormalisations(classifier(3), 3)[1]!;
  const named = { name: 'ImageNet', preprocess };

  it('swaps red and blue with their means, and changes the resizing', () => {
    const cropped = { ...named, preprocess: { ...preprocess, resize: 'fit-crop' as const } };
    const variations = preprocessVariations(cropped, ['channels', 'resize']);
    expect(variations.map(({ name }) => name)).toEqual(['ImageNet, BGR', 'ImageNet, stretch']);
    expect(variations[0]!.preprocess).toMatchObject({ channels: 'bgr', mean: [0.406, 0.456, 0.485] });
    expect(variations[1]!.preprocess).toEqual({ ...preprocess, resize: 'stretch' });
  });

  it('varies only what is assumed and can be otherwise', () => {
    expect(preprocessVariations(named, ['mean', 'std', 'resize'])).toEqual([]);
    expect(
      preprocessVariations({ ...named, preprocess: { ...preprocess, channels: 'grey' } }, ['channels']),
    ).toEqual([]);
  });
});
