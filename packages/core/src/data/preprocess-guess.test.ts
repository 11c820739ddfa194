import { describe, expect, it } from 'vitest';
import type { ValueType } from '../engine/engine.ts';
import { describeGuess, guessPreprocess } from './preprocess-guess.ts';

const value = (...dims: (number | string | null)[]): ValueType => ({ name: 'images', type: 'float32', dims });

describe('guessPreprocess', () => {
  it.each([
    ['YOLOv5', [1, 25200, 85], { resize: 'letterbox', scale: 1 / 255, channels: 'rgb', padValue: 114 }],
    ['YOLOv8', [1, 84, 8400], { resize: 'letterbox', scale: 1 / 255, channels: 'rgb', padValue: 114 }],
    ['YOLOX', [1, 8400, 85], { resize: 'letterbox-topleft', scale: 1, channels: 'bgr', padValue: 114 }],
  ] as const)('knows %s by its rows', (_, output, expected) => {
    const guess = guessPreprocess({ input: value(1, 3, 640, 640), outputs: [value(...output)] });
    expect(guess.preprocess).toMatchObject({ width: 640, height: 640, filter: 'bilinear', ...expected });
  });

  it('is sure of YOLO preprocessing and unsure of a bare classifier', () => {
    const yolo = guessPreprocess({ input: value(1, 3, 640, 640), outputs: [value(1, 84, 8400)] });
    expect(yolo.assumed).toEqual([]);
    const classifier = guessPreprocess({
      input: value('batch', 3, 32, 32),
      outputs: [value('batch', 10)],
      image: { width: 32, height: 32, channels: 3 },
    });
    expect(classifier.preprocess).toMatchObject({ resize: 'none', mean: [0], std: [1], layout: 'nchw' });
    expect(classifier.assumed).toEqual(['mean', 'std', 'channels', 'scale']);
  });

  it('assumes a letterbox for a detector of an unknown family', () => {
    const guess = guessPreprocess({ input: value(1, 3, 320, 320), outputs: [], task: 'detect' });
    expect(guess.preprocess.resize).toBe('letterbox');
    expect(guess.assumed).toContain('resize');
  });

  it('crops for a classifier whose images differ, stretches for anything else', () => {
    const image = { width: 500, height: 375, channels: 3 };
    const input = value(1, 3, 224, 224);
    expect(guessPreprocess({ input, image, task: 'classify' }).preprocess.resize).toBe('fit-crop');
    expect(guessPreprocess({ input, image }).preprocess.resize).toBe('stretch');
  });

  it.each([
    [[1, 1, 28, 28], undefined, 'grey', 'nchw'],
    [[1, 28, 28, 1], undefined, 'grey', 'nhwc'],
    [[1, 3, 64, 64], 1, 'grey-to-rgb', 'nchw'],
    [[1, 224, 224, 3], 3, 'rgb', 'nhwc'],
    [[1, 4, 224, 224], undefined, 'keep', 'nchw'],
  ] as const)('reads channels and layout of %j', (dims, imageChannels, channels, layout) => {
    const image = imageChannels && { width: 8, height: 8, channels: imageChannels };
    const guess = guessPreprocess({ input: value(...dims), ...(image ? { image } : {}) });
    expect(guess.preprocess).toMatchObject({ channels, layout });
  });

  it('finds an open size in the metadata, then in the images', () => {
    const input = value('batch', 3, 'height', 'width');
    const image = { width: 50, height: 40, channels: 3 };
    const stated = guessPreprocess({ input, metadata: { imgsz: '[480, 640]', task: 'detect' }, image });
    expect(stated.preprocess).toMatchObject({ width: 640, height: 480, resize: 'letterbox' });
    const fromImage = guessPreprocess({ input, image });
    expect(fromImage.preprocess).toMatchObject({ width: 50, height: 40, resize: 'stretch' });
    expect(fromImage.assumed).toEqual(expect.arrayContaining(['width', 'height', 'resize']));
    expect(() => guessPreprocess({ input })).toThrow(
      expect.objectContaining({ kind: 'data', code: 'data.unknown-size' }),
    );
  });

  it('refuses an input that is no image batch', () => {
    expect(() => guessPreprocess({ input: value(1, 'tokens') })).toThrow(
      expect.objectContaining({
        code: 'data.no-image-input',
        message: expect.stringContaining('[1, tokens]'),
      }),
    );
  });
});

describe('describeGuess', () => {
  it('prints the line, the reasons and what to confirm', () => {
    const guess = guessPreprocess({
      input: value(1, 1, 28, 28),
      image: { width: 28, height: 28, channels: 1 },
    });
    expect(describeGuess(guess)).toBe(
      [
        'preprocessing: size=28x28 resize=none filter=antialias padValue=114 scale=1/255 mean=0 std=1 channels=grey layout=nchw',
        "  Input 'images' [1, 1, 28, 28] is laid out nchw.",
        "  The images have the input's size 28x28: nothing is resized.",
        '  The file does not tell how pixels are normalised: scale 1/255 without mean and std is assumed.',
        '  Assumed, please confirm: mean, std, scale.',
      ].join('\n'),
    );
  });
});
