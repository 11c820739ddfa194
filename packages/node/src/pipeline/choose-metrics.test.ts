import type { Dataset, ModelTask, Preprocess, Session, ValueType } from '@espalier/core';
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

const TASKS = { class: 'classify', boxes: 'detect', mask: 'segment', array: 'other', none: 'other' } as const;

function open(target: keyof typeof TASKS, dims: readonly number[], task: ModelTask = TASKS[target]) {
  const outputs: readonly ValueType[] = [{ name: 'y', type: 'float32', dims }];
  const session: Session = { inputs: [], outputs, run: async () => ({}), close: async () => {} };
  return { target, task, dataset, preprocess, sessions: [session] };
}

describe('chooseMetrics', () => {
  it('measures classes by top-1, masks by mean IoU, boxes by mean average precision', () => {
    expect(chooseMetrics(open('mask', [1, 3, 64, 64])).createMetric?.().name).toBe('mIoU');
    expect(chooseMetrics(open('class', [1, 10])).createMetric?.().name).toBe('top1');
    const { createMetric, createAgreement, notes } = chooseMetrics(open('boxes', [1, 84, 8400]));
    expect(createMetric?.().name).toBe('mAP50-95');
    expect(createAgreement?.().name).toBe('mAP50-95');
    expect(notes).toEqual([expect.stringMatching(/^Layout yolov8: /)]);
  });

  it('takes the layout it is told', () => {
    expect(chooseMetrics(open('boxes', [1, 7]), 'yolox').notes).toEqual([]);
    expect(() => chooseMetrics(open('boxes', [1, 7]), 'yolo9')).toThrow("no detection layout 'yolo9'");
  });

  it('lets detectors agree without labels, when told that they are detectors', () => {
    const choice = chooseMetrics(open('none', [1, 84, 8400], 'detect'));
    expect(choice.createMetric).toBeUndefined();
    expect(choice.createAgreement).toBeDefined();
    expect(chooseMetrics(open('none', [1, 10]))).toEqual({ notes: [] });
  });

  it('says what it cannot measure', () => {
    expect(() => chooseMetrics(open('boxes', [1, 7]))).toThrow(
      expect.objectContaining({ code: 'eval.unknown-layout', kind: 'data' }),
    );
    expect(() => chooseMetrics(open('array', [1, 7]))).toThrow("labels of kind 'array'");
  });
});
