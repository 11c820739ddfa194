import { expect, it } from 'vitest';
import { type ScoreDocument, scoreDocument } from '../documents/score-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatScores } from './score-report.ts';

it('shows the spread of every group and its lowest channel', () => {
  const document: ScoreDocument = {
    schema: 'espalier/score@1',
    model: { path: '/m.onnx', sha256: '', bytes: 1 },
    criterion: 'fscl',
    reduction: 'sum',
    normalizer: 'mean',
    metrics: { channels: 4, groups: 2 },
    groups: [
      { id: 0, root: 'conv1_out', scores: [2, 0.5, 1] },
      { id: 1, root: 'conv2_out', scores: [null] },
    ],
  };
  expect(scoreDocument.parse(document)).toEqual(document);
  expect(formatScores(document, plainPaint)).toEqual([
    'criterion fscl, reduction sum, normalizer mean: higher = keep',
    '',
    'root       channels  lowest  median  highest  lowest channel',
    'conv1_out         3  0.5000   1.000    2.000               1',
    'conv2_out         1       -       -        -               -',
    '',
    '4 channels in 2 groups.',
  ]);
});
