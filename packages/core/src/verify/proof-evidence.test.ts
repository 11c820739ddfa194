import { expect, it } from 'vitest';
import { sumUpProof } from './proof-evidence.ts';
import type { ValueCheck, Verification } from './verify-cut.ts';

const check = (kind: ValueCheck['kind'], rows: number, unprovenRows: number): ValueCheck => ({
  ...{
    value: 'v',
    node: 'n',
    opType: 'Conv',
    kind,
    deviation: 0,
    row: 0,
    rows,
    unprovenRows,
    roundedRows: 0,
  },
  verdict: 'proven',
});
const proof: Verification = {
  ...{ verdict: 'proven', tolerance: 1e-4, deviation: 2e-7, runs: 2, unproven: [] },
  checks: [check('output', 10, 0), check('layer', 16, 3), check('layer', 8, 1)],
};

it('counts what was compared', () => {
  expect(sumUpProof(proof)).toEqual({
    ...{ deviation: 2e-7, tolerance: 1e-4, runs: 2, outputs: 1, layers: 2, rows: 34, unprovenRows: 4 },
  });
});

it('has no number for a deviation without one', () => {
  expect(sumUpProof({ ...proof, deviation: Number.POSITIVE_INFINITY }).deviation).toBeNull();
});
