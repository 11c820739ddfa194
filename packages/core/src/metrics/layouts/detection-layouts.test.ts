import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../onnx/nd-array.ts';
import { boxIou, type Detection } from '../box.ts';
import { suppressOverlaps } from '../nms.ts';
import { DETECTION_LAYOUTS, findLayout, guessLayout } from './detection-layouts.ts';
import type { DecodeOptions } from './layout.ts';

/** A small model: 64 x 32 pixels, so grids of 8x4, 4x2 and 2x1 = 42 cells, and two classes. */
const options: DecodeOptions = { inputWidth: 64, inputHeight: 32, threshold: 0.1 };
const CELLS = 42;

/** What every layout shall find: class 1 at .8 · .5, on the cell in column 3, row 1 of the stride-16 grid. */
const expected: Detection = { classIndex: 1, score: 0.4, x1: 46, y1: 14, x2: 62, y2: 46 };
const CELL = 32 + 4 + 3;

const array = (dims: readonly number[], fill = 0): NdArray & { data: Float32Array } => ({
  type: 'float32',
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b)).fill(fill),
});
const logit = (p: number): number => Math.log(p / (1 - p));

function expectFound(name: string, outputs: Readonly<Record<string, NdArray>>, more = {}): void {
  const images = findLayout(name).decode(outputs, { ...options, ...more });
  const [empty, filled] = images.map((candidates) => suppressOverlaps(candidates));
  expect(images).toHaveLength(2);
  expect(empty).toEqual([]);
  expect(filled).toHaveLength(1);
  expect(filled![0]).toMatchObject({ classIndex: 1, score: expect.closeTo(expected.score, 5) });
  expect(boxIou(filled![0]!, expected)).toBeCloseTo(1, 5);
}

describe('decode', () => {
  it('yolov5: rows of decoded centre and size, score = objectness · class', () => {
    const output = array([2, 3 * CELLS, 7]);
    output.data.set([54, 30, 16, 32, 0.8, 0.05, 0.5], (3 * CELLS + 17) * 7);
    expectFound('yolov5', { output });
    expectFound('yolov7', { output });
  });

  it('yolov8: the same in columns, without objectness', () => {
    const output = array([2, 6, CELLS]);
    for (const [row, value] of [54, 30, 16, 32, 0.05, 0.4].entries())
      output.data[(6 + row) * CELLS + 17] = value;
    expectFound('yolov8', { output });
    expectFound('yolo11', { output });
  });

  it('yolox: centre relative to the cell, size as a logarithm, in strides', () => {
    const output = array([2, CELLS, 7]);
    // x = (.375 + 3) · 16 = 54, y = (.875 + 1) · 16 = 30, width = 16, height = 32.
    output.data.set([0.375, 0.875, 0, Math.log(2), 0.8, 0.05, 0.5], (CELLS + CELL) * 7);
    expectFound('yolox', { output });
  });

  it('yolov7: separate heads before the sigmoid, in any order, with their anchors', () => {
    const heads = {
      fine: array([2, 3, 4, 8, 7], -9),
      middle: array([2, 3, 2, 4, 7], -9),
      coarse: array([2, 3, 1, 2, 7], -9),
    };
    // Anchor 2, row 1, column 3 of the second image: x = (2 · .4375 − .5 + 3) · 16, y = (2 · .6875 − .5 + 1) · 16,
    // width = (2 · .5)² · 16, height = (2 · .5)² · 32.
    const row = [0.4375, 0.6875, 0.5, 0.5, 0.8, 0.05, 0.5].map(logit);
    heads.middle.data.set(row, (((3 + 2) * 2 + 1) * 4 + 3) * 7);
    const other = [
      [1, 1],
      [1, 1],
      [1, 1],
    ] as const;
    const anchors = [
      other,
      [
        [1, 1],
        [1, 1],
        [16, 32],
      ],
      other,
    ] as const;
    expectFound('yolov7', heads, { anchors });
    expectFound('yolov7', { coarse: heads.coarse, fine: heads.fine, middle: heads.middle }, { anchors });
    expect(() => findLayout('yolov7').decode(heads, options)).toThrow('needs 3 anchors, but scale 0 has 0');
    expect(() => findLayout('yolov7').decode({ ...heads, odd: array([2, 3, 1, 1, 9]) }, options)).toThrow(
      '[2, 3, 1, 1, 9] is not a head',
    );
  });

  it('lets no NaN through and leaves the outputs as they were', () => {
    for (const [name, dims] of [
      ['yolov5', [1, 126, 7]],
      ['yolov8', [1, 6, CELLS]],
      ['yolox', [1, CELLS, 7]],
    ] as const) {
      const output = array(dims, Number.NaN);
      expect(findLayout(name).decode({ output }, options)[0]!.scores).toEqual([]);
      const ones = array(dims, 1);
      findLayout(name).decode({ ones }, options);
      expect(ones.data.every((value) => value === 1)).toBe(true);
    }
  });

  it('names the shape that it cannot read', () => {
    expect(() => findLayout('yolov5').decode({ output: array([1, 10]) }, options)).toThrow(
      '[1, 10] is not the one table',
    );
    expect(() => findLayout('yolov5').decode({}, options)).toThrow('[] is not the one table');
    expect(() => findLayout('yolox').decode({ output: array([1, 41, 7]) }, options)).toThrow(
      '[1, 41, 7] has not one row per cell of 64x32 pixels',
    );
  });
});

describe('guessLayout', () => {
  const shape = (...dims: readonly (number | string | null)[]) => [{ name: 'out', dims }];
  const head = (side: number) => ({ name: `head${side}`, dims: [1, 3, side, side, 85] });

  it.each([
    ['yolov5', shape(1, 25200, 85), {}],
    ['yolov5', shape('N', 102000, 85), { inputWidth: 1280, inputHeight: 1280 }],
    ['yolov5', [...shape(1, 25200, 85), head(80), head(40), head(20)], {}],
    ['yolov7', [head(80), head(40), head(20)], { classCount: 80 }],
    ['yolov8', shape(null, 84, 8400), { classCount: 80 }],
    ['yolov8', shape(1, 84, 5040), { inputWidth: 640, inputHeight: 384 }],
    ['yolox', shape(1, 3549, 85), {}],
  ])('%s', (name, outputs, facts) => {
    expect(guessLayout(outputs, facts).layout).toBe(DETECTION_LAYOUTS[name]);
  });

  it('says what the guess rests on', () => {
    expect(guessLayout(shape(1, 25200, 85)).reason).toBe(
      "Layout yolov5: 'out' has 3 rows for each of the 8400 cells of strides 8, 16, 32 on 640x640 pixels.",
    );
  });

  it.each([
    ['a classifier', shape(1, 1000), {}],
    ['a number of rows no grid has', shape(1, 25201, 85), {}],
    ['the grid of another input size', shape(1, 25200, 85), { inputWidth: 416, inputHeight: 416 }],
    ['another number of classes', shape(1, 25200, 85), { classCount: 20 }],
    ['a table for each scale', [...shape(1, 2704, 80), ...shape(1, 676, 80), ...shape(1, 169, 80)], {}],
    [
      'boxes with masks beside them',
      [...shape(1, 116, 8400), { name: 'masks', dims: [1, 32, 160, 160] }],
      {},
    ],
    ['unknown sizes', shape(null, null, 85), {}],
    ['no outputs', [], {}],
  ])('does not take for a layout: %s', (_, outputs, facts) => {
    expect(guessLayout(outputs, facts)).toEqual({
      reason: 'No known detection layout has outputs of these shapes.',
    });
  });

  it('picks none of two that fit', () => {
    // 64x64 pixels have 64 + 16 + 4 = 84 cells: rows and columns alike.
    const both = guessLayout(shape(1, 84, 84), { inputWidth: 64, inputHeight: 64 });
    expect(both.layout).toBeUndefined();
    expect(both.reason).toContain('More than one layout fits (yolov8: ');
  });
});

it('findLayout suggests the name that was meant', () => {
  expect(() => findLayout('yolov9')).toThrow("There is no detection layout 'yolov9'.");
  expect(() => findLayout('toString')).toThrow('no detection layout');
});
