import { type Preprocess, parsePreprocess } from '@espalier/core';
import { expect, it } from 'vitest';
import { assumedFlag, describePreprocess } from './describe-preprocess.ts';

const preprocess: Preprocess = {
  width: 64,
  height: 32,
  resize: 'none',
  filter: 'antialias',
  padValue: 114,
  scale: 1 / 255,
  mean: [0],
  std: [1],
  channels: 'rgb',
  layout: 'nchw',
};

it('prints what changes a pixel, and reads it back', () => {
  const text = describePreprocess(preprocess);
  expect(text).toBe('size=64x32 resize=none scale=1/255 mean=0 std=1 channels=rgb layout=nchw');
  expect(parsePreprocess(text, preprocess)).toEqual(preprocess);
  expect(describePreprocess({ ...preprocess, resize: 'stretch' })).toContain(
    'resize=stretch filter=antialias scale',
  );
  expect(describePreprocess({ ...preprocess, resize: 'letterbox' })).toContain('padValue=114');
});

it('gives the flag for what was assumed', () => {
  const text = describePreprocess(preprocess);
  expect(assumedFlag(text, ['mean', 'std', 'width', 'height'])).toBe(
    '--preprocess "size=64x32 mean=0 std=1"',
  );
  expect(assumedFlag(text, [])).toBeUndefined();
});
