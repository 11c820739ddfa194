import { expect, it } from 'vitest';
import type { TrainingDocument } from '../documents/training-document.ts';
import { choosePaint } from '../output/paint.ts';
import { formatTraining } from './training-report.ts';

const document: TrainingDocument = {
  schema: 'espalier/finetune@1',
  model: { path: '/m/small.onnx', sha256: '00', bytes: 1 },
  output: '/m/small-finetuned.onnx',
  run: null,
  objective: 'Trained on the labels.',
  data: { path: 'images', description: '100 pictures', samples: 90, judgedBy: 10, corrupt: 0 },
  preprocess: 'size=8x8 mean=0.5',
  assumed: [],
  augment: 'none',
  metrics: { metric: 'top1', before: 0.5, after: 0.9, seconds: 75, samplesPerSecond: 123.4 },
  before: { top1: 0.5, top5: null },
  after: { top1: 0.9, top5: 0.99 },
  training: {
    steps: 40,
    epochs: 4,
    bestStep: 30,
    batch: 16,
    parameters: 12_345,
    restoredNorms: 2,
    rollbacks: 0,
    stopped: 'steps',
  },
  next: 'espalier eval small-finetuned.onnx --data images',
};
const paint = choosePaint(false, {});

it('shows before and after, what was trained, where it lies and what is next', () => {
  expect(formatTraining(document, paint)).toEqual([
    'metric  before   after',
    'top1    0.5000  0.9000',
    'top5         -  0.9900',
    '',
    '10 samples to judge by, 90 to train on. Trained on the labels.',
    'The best of 40 steps was step 30.',
    '40 steps of 16 samples in 75 s, 123 images/s; all steps were done.',
    '12.3 k parameters were trained, 2 batch normalizations put back.',
    '',
    'model: /m/small-finetuned.onnx',
    '',
    'next: espalier eval small-finetuned.onnx --data images',
  ]);
});

it('says what went wrong, and what was assumed', () => {
  const lines = formatTraining(
    {
      ...document,
      assumed: ['mean'],
      data: { ...document.data, corrupt: 1 },
      training: { ...document.training, bestStep: 0, rollbacks: 1, restoredNorms: 0, stopped: 'no-progress' },
      run: '/m/runs/1',
      next: null,
    },
    paint,
  );
  expect(lines[0]).toBe('assumed, please confirm or change: --preprocess "mean=0.5"');
  expect(lines).toContain('No step was better than the weights it began with, which are what was written.');
  expect(lines).toContain('12.3 k parameters were trained; thrown back 1 time by an exploding loss.');
  expect(lines).toContain('1 picture could not be decoded.');
  expect(lines).toContain('run: /m/runs/1');
  expect(lines.join()).toContain('evaluations no longer improved');
});
