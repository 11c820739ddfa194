import { describe, expect, it } from 'vitest';
import { describeRecovery, meanErrors } from '../describe/describe-recovery.ts';
import { type RecoverDocument, reconstructDocument } from '../documents/recover-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatRecover, formatRecovery } from './recovery-report.ts';

const layer = (node: string, errorAfter: number, deficient = 0) => ({
  ...({ node, opType: 'Conv', target: 'sum', errorBefore: 0.5, errorAfter } as const),
  fit: { unknowns: 145, rows: 8192, method: 'cholesky', deficient } as const,
});

const recovery = describeRecovery(
  {
    model: { opsetImports: [], metadata: [] } as never,
    method: 'reconstruct',
    samples: 1024,
    layers: [layer('a_out', 0.1), layer('b_out', 0.3, 4)],
    skipped: [{ node: 'c_out', reason: '25089 unknowns are more than 5000' }],
  },
  12.3456,
);

const document: RecoverDocument = {
  schema: 'espalier/reconstruct@1',
  model: { path: '/models/net.onnx', sha256: '0'.repeat(64), bytes: 1000 },
  pruned: '/models/small.onnx',
  output: '/models/small-reconstructed.onnx',
  metrics: meanErrors(recovery),
  recovery,
  next: 'espalier eval small-reconstructed.onnx --reference net.onnx',
};

describe('the report of a recovery', () => {
  it('says what was done, what the samples left open, and what stayed', () => {
    expect(formatRecovery(recovery)).toEqual([
      'reconstructed: 2 layers on 1024 samples in 12.3 s',
      'In 1 layer the samples do not settle every weight; those stayed near what they were (--json says where).',
      "'c_out' stayed as it was: 25089 unknowns are more than 5000.",
    ]);
  });

  it('shows the layers', () => {
    expect(reconstructDocument.strict().parse(document)).toEqual(document);
    expect(document.metrics).toEqual({ errorBefore: 0.5, errorAfter: 0.2 });
    expect(formatRecover(document, plainPaint).slice(0, 4)).toEqual([
      'layer  error before   after',
      'a_out        50.0 %  10.0 %',
      'b_out        50.0 %  30.0 %',
      '',
    ]);
  });

  it('folds all but the worst, in execution order', () => {
    const layers = Array.from({ length: 20 }, (_, i) => ({
      ...recovery.layers[0]!,
      node: `n${i}`,
      errorAfter: i % 2 === 0 ? 0.4 : 0.01 * i,
    }));
    const lines = formatRecover({ ...document, recovery: { ...recovery, layers } }, plainPaint);
    const names = lines.filter((line) => line.startsWith('n')).map((line) => line.split(' ')[0]);
    expect(names.slice(0, 4)).toEqual(['n0', 'n2', 'n4', 'n6']);
    expect(names.at(-2)).toBe('n19');
    expect(lines).toContain('and 8 better layers; --json lists all');
  });

  it('has nothing to average where nothing was corrected', () => {
    expect(meanErrors({ ...recovery, layers: [] })).toEqual({ errorBefore: 0, errorAfter: 0 });
  });
});
