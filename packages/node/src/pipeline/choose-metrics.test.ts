import type { Dataset, Metric, ModelTask, Preprocess, Session, Target, ValueType } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { chooseMetrics } from './choose-metrics.ts';

const dataset: Dataset = {
  name: 'set',
  kind: 'yolo',
  size: 0,
  classNames: Array.from({ length: 80 }, (_, i) => String(i)),
  description: 'a set',
  choice: 'all',
  async *samples() {},
  sampleAt: () => Promise.reject(new Error('The set is empty.')),
};

const preprocess: Preprocess = {
  width: 640,
  height: 640,
  resize: 'letterbox',
  filter: 'bilinear',
  padValue: 114,
  scale: 1 / 255,
  mean: [0],
  std: [1],
  channels: 'rgb',
  layout: 'nchw',
};

const TARGETS = {
  class: { kind: 'class', index: 1 },
  boxes: { kind: 'boxes', boxes: [], width: 8, height: 8 },
  mask: { kind: 'mask', width: 1, height: 1, data: new Uint8Array(1) },
  array: { kind: 'array', array: { type: 'float32', dims: [2], data: new Float32Array([0.5, 1]) } },
  none: { kind: 'none' },
} as const satisfies Record<Target['kind'], Target>;

function open(target: Target, dims: readonly number[], task: ModelTask) {
  const outputs: readonly ValueType[] = [{ name: 'y', type: 'float32', dims }];
  const session: Session = { inputs: [], outputs, run: async () => ({}), close: async () => {} };
  return { target, task: { task, reason: '' }, dataset, preprocess, sessions: [session] };
}

describe('chooseMetrics', () => {
  it.each([
    ['class', [1, 10], 'classify', 'top1', 'top1Agreement'],
    ['boxes', [1, 84, 8400], 'detect', 'mAP50-95', 'mAP50-95'],
    ['mask', [1, 3, 64, 64], 'segment', 'mIoU', 'relativeL2'],
    ['array', [1, 7], 'other', 'psnr', 'relativeL2'],
    ['none', [1, 10], 'classify', undefined, 'top1Agreement'],
    ['none', [1, 84, 8400], 'detect', undefined, 'mAP50-95'],
    ['none', [1, 3, 64, 64], 'segment', undefined, 'relativeL2'],
    ['class', [1, 10], 'other', 'top1', 'relativeL2'],
  ] as const)('labels %s, outputs %j, task %s: %s and %s', (kind, dims, task, metric, agreement) => {
    const choice = chooseMetrics(open(TARGETS[kind], dims, task));
    expect(choice.createMetric?.().name).toBe(metric);
    expect(choice.createAgreement().name).toBe(agreement);
  });

  it('takes the layout it is told, and tells the one it guessed', () => {
    const told = chooseMetrics(open(TARGETS.boxes, [1, 7], 'detect'), { layout: 'yolox' });
    expect(told.notes).toEqual([]);
    expect(() => chooseMetrics(open(TARGETS.boxes, [1, 7], 'detect'), { layout: 'yolo9' })).toThrow(
      "no detection layout 'yolo9'",
    );
    expect(chooseMetrics(open(TARGETS.boxes, [1, 84, 8400], 'detect')).notes).toEqual([
      expect.stringMatching(/^Layout yolov8: /),
    ]);
  });

  it('compares detectors of unknown layout output by output, but cannot hold them against boxes', () => {
    const choice = chooseMetrics(open(TARGETS.none, [1, 7], 'detect'));
    expect(choice.createAgreement().name).toBe('relativeL2');
    expect(choice.notes).toEqual([expect.stringContaining('No known detection layout')]);
    expect(() => chooseMetrics(open(TARGETS.boxes, [1, 7], 'detect'))).toThrow(
      expect.objectContaining({ code: 'eval.unknown-layout', kind: 'data' }),
    );
  });

  it("puts the user's own metric in the place of the one for the labels", () => {
    const own: Metric = { name: 'mine', higherIsBetter: true, add: () => {}, result: () => ({ mine: 1 }) };
    const choice = chooseMetrics(open(TARGETS.boxes, [1, 7], 'detect'), { createMetric: () => own });
    expect(choice.createMetric?.()).toBe(own);
  });

  it.each([
    [new Float32Array([0, 1.02]), 1],
    [new Float32Array([0, 200]), 255],
    [new Uint8Array([0, 1]), 255],
  ] as const)('takes %s for pictures up to %i', (data, peak) => {
    const type = data instanceof Uint8Array ? 'uint8' : 'float32';
    const target: Target = { kind: 'array', array: { type, dims: [2], data } };
    expect(chooseMetrics(open(target, [1, 2], 'other')).notes).toEqual([
      `PSNR takes ${peak} as the largest value there is, as the first sample suggests.`,
    ]);
  });
});
