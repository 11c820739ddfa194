import { describe, expect, it } from 'vitest';
import { type InitDocument, initDocument } from '../documents/init-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatInit, formatInitHead } from './init-report.ts';

const document: InitDocument = initDocument.strict().parse({
  schema: 'espalier/init@1',
  file: '/there/espalier.yaml',
  model: {
    ...{ path: '/there/net.onnx', sha256: '00', bytes: 1, task: 'classify', input: [1, 3, 32, 32] },
    reason: "Output 'logits' [1, 10] is one row of 10 scores per sample.",
  },
  metrics: {
    ...{ macs: 1.25e8, params: 8.5e5, activationBytes: 1, convolutions: 55, prunableConvolutions: 54 },
    ...{ groups: 30, frozen: 1, leastMacs: 0.033 },
  },
  data: {
    ...{ path: '/there/data.bin', description: '12000 labelled images', labels: 'class', classes: 10 },
    ...{ learned: 9600, judged: 2400, split: null },
  },
  preprocess: {
    ...{ chosen: 'size=32x32 scale=1/255', metric: 'top1', samples: 159 },
    trials: [
      { name: 'ImageNet', preprocess: 'mean=0.485', value: 0.8805, samples: 159, verdict: 'taken' },
      { name: '0..1', preprocess: 'mean=0', value: 0.05, samples: 40, verdict: 'worse' },
    ],
  },
  settings: { model: 'net.onnx', ignore: ['head*', 'stem'] },
  obstacles: [],
  next: 'espalier run',
});

describe('formatInit', () => {
  it('shows what was found, what was written, and the next command', () => {
    expect(formatInit(document, plainPaint)).toEqual([
      'model    a classifier, input 1x3x32x32, 125 M MACs, 850 k parameters',
      "told by  Output 'logits' [1, 10] is one row of 10 scores per sample.",
      'to cut   54 of 55 convolutions in 30 groups; 1 convolution with channels that must stay, `espalier inspect` says why; 3.3 % of the MACs stay at least',
      'data     12000 labelled images',
      'labels   one class per sample, 10 classes',
      'samples  9,600 to learn from, 2,400 are held out to judge by',
      '',
      'preprocessing    top1  samples',
      'ImageNet       0.8805      159  taken',
      '0..1           0.0500       40  worse',
      'preprocessing: size=32x32 scale=1/255',
      '',
      'written: /there/espalier.yaml',
      '  model: net.onnx',
      '  ignore: head*, stem',
      '',
      'next: espalier run',
    ]);
  });

  it('says what is missing, and what is in the way', () => {
    const obstacles = ['There are no data yet.'];
    const lines = formatInit({ ...document, data: null, preprocess: null, obstacles }, plainPaint);
    expect(lines).toContain('data     none yet');
    expect(lines.slice(-2)).toEqual(['first: There are no data yet.', 'next: espalier run']);
    expect(lines.join('\n')).not.toContain('preprocessing');
  });

  it('admits what could not be tried', () => {
    const preprocess = { ...document.preprocess!, metric: null, trials: [] };
    const data = { ...document.data!, labels: 'none', split: 'val' } as const;
    const lines = formatInit({ ...document, data, preprocess }, plainPaint);
    expect(lines).toContain('  assumed: without labels nothing could be tried');
    expect(lines).toContain("samples  9,600 to learn from, 2,400 of split 'val' judge");
    expect(lines).toContain('labels   none: the answers of the original are the truth, 10 classes');
  });
});

it('formatInitHead tells the file what was found, and what must come first', () => {
  const head = formatInitHead({ ...document, obstacles: ['Fill in `data`.'] });
  expect(head[0]).toMatch(/^What `espalier run` does/);
  expect(head).toContain('labels: one class per sample, 10 classes');
  expect(head.at(-1)).toBe('FIRST: Fill in `data`.');
});
