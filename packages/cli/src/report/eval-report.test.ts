import { expect, it } from 'vitest';
import { type EvalDocument, evalDocument } from '../documents/eval-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatEval } from './eval-report.ts';

it('shows metrics, the data and what was assumed', () => {
  const document: EvalDocument = {
    schema: 'espalier/eval@1',
    model: { path: '/m.onnx', sha256: '', bytes: 1 },
    data: { path: 'images', description: '12 images in 3 classes', samples: 10, choice: 'spread' },
    preprocess: 'size=32x32 mean=0 std=1',
    assumed: ['mean', 'std'],
    metrics: { top1: 0.83204, odd: null },
  };
  expect(evalDocument.parse(document)).toEqual(document);
  expect(formatEval(document, plainPaint)).toEqual([
    'assumed, please confirm or change: --preprocess "mean=0 std=1"',
    '',
    'metric   value',
    'top1    0.8320',
    'odd          -',
    '',
    '10 samples of images (12 images in 3 classes)',
    'preprocessing: size=32x32 mean=0 std=1',
  ]);
});
