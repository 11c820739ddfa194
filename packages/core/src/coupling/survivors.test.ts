import { describe, expect, it } from 'vitest';
import type { TracedModel } from '../graph/traced-model.ts';
import { type AxisLabels, type Coupling, FIXED } from './coupling.ts';
import { keepAll, keptAlong, keptPositions, stays, survivingShape } from './survivors.ts';

const keep = Uint8Array.of(1, 0, 1);
const axis = (axis: number, ...labels: number[]): AxisLabels => ({ axis, labels: Int32Array.from(labels) });
const values = new Map([
  ['map', [axis(1, 0, 1, 2, FIXED)]],
  ['twice', [axis(1, 0, 1, 2), axis(1, 1, 2, 2)]],
  ['flat', [axis(1, 0, 0, 1, 1, 2, 2)]],
]);
// Only these fields are read.
const coupling = { classes: [0, 1, 2], values } as unknown as Coupling;
const shapes: Record<string, number[][]> = {
  map: [[1, 4, 5, 5]],
  flat: [
    [1, 6],
    [1, 12],
  ],
  plain: [[7]],
};
const traced = { shapeOf: (name: string, size = 0) => shapes[name]?.[size] } as unknown as TracedModel;

describe('positions', () => {
  it('everything stays at first', () => {
    expect(keepAll(coupling)).toEqual(Uint8Array.of(1, 1, 1));
  });
  it('FIXED stays whatever goes', () => {
    expect([FIXED, 0, 1].map((label) => stays(keep, label))).toEqual([true, true, false]);
  });
  it('lists what stays, or nothing when all does', () => {
    expect(keptAlong(coupling, 'map', 1, keep)).toEqual(Int32Array.of(0, 2, 3));
    expect(keptAlong(coupling, 'map', 1, keepAll(coupling))).toBeUndefined();
    expect(keptAlong(coupling, 'map', 2, keep)).toBeUndefined();
    expect(keptAlong(coupling, 'plain', 0, keep)).toBeUndefined();
  });
  it('a position stays when all its labels do', () => {
    expect(keptAlong(coupling, 'twice', 1, keep)).toEqual(Int32Array.of(2));
    expect(keptPositions([], keep)).toBeUndefined();
  });
});

describe('survivingShape', () => {
  it('counts what stays along labelled axes', () => {
    expect(survivingShape(traced, coupling, 'map', keep)).toEqual([1, 3, 5, 5]);
    expect(survivingShape(traced, coupling, 'plain', keep)).toEqual([7]);
  });
  it('an axis that also grows with the input shrinks in proportion', () => {
    expect(survivingShape(traced, coupling, 'flat', keep)).toEqual([1, 4]);
    expect(survivingShape(traced, coupling, 'flat', keep, 1)).toEqual([1, 8]);
  });
});
