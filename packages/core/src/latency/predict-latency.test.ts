import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { FLAT } from './fit-stairs.ts';
import type { LatencyParts, LatencySizes, UnitWidths } from './latency-parts.ts';
import type { LatencyTable, UnitSample } from './latency-table.ts';
import {
  correctLoad,
  fitCorrection,
  loadOf,
  type ModelLoad,
  readTable,
  type UnitTimes,
} from './predict-latency.ts';

const STAIRS = { step: 16, unit: 4, penalty: 1.3 };
const flat = { inputs: FLAT, outputs: FLAT };

/** A layer on a device with {@link STAIRS} on both sides. */
function lawOf({ inputs, outputs }: UnitWidths): number {
  const [i, o] = [inputs, outputs].map((width) => Math.ceil(width / 16) * 16) as [number, number];
  const isOn = inputs % 4 === 0 && outputs % 4 === 0;
  return (0.02 + 1e-4 * i + 2e-4 * o + 3e-5 * i * o) * (isOn ? 1 : 1.3);
}

const sampleAt = (inputs: number, outputs: number): UnitSample => ({
  ...{ inputs, outputs },
  ms: lawOf({ inputs, outputs }),
});

const stepped: LatencyTable = {
  stairs: { inputs: STAIRS, outputs: STAIRS },
  units: {
    conv: [
      ...[16, 32, 48, 64].flatMap((inputs) => [16, 48].map((outputs) => sampleAt(inputs, outputs))),
      sampleAt(33, 30),
    ],
  },
};

describe('readTable', () => {
  it('gives back what was measured', () => {
    const random = createRandom(4);
    const conv = stepped.units.conv!.map((sample) => ({
      ...sample,
      ms: sample.ms * (1 + random.next() / 3),
    }));
    const times = readTable({ ...stepped, units: { conv } });
    for (const sample of conv) expect(times('conv', sample)! / sample.ms).toBeCloseTo(1, 3);
  });

  it('knows the widths in between by the stairs and the penalty', () => {
    const times = readTable(stepped);
    for (const widths of [
      { inputs: 20, outputs: 32 },
      { inputs: 50, outputs: 61 },
      { inputs: 80, outputs: 64 },
    ])
      expect(times('conv', widths)! / lawOf(widths)).toBeCloseTo(1, 3);
  });

  it('never falls where a width grows, and grows with the step', () => {
    const times = readTable(stepped);
    for (const other of [16, 40, 64]) {
      const along = Array.from({ length: 16 }, (_, i) => 4 * (i + 1));
      const asInputs = along.map((width) => times('conv', { inputs: width, outputs: other })!);
      const asOutputs = along.map((width) => times('conv', { inputs: other, outputs: width })!);
      for (const list of [asInputs, asOutputs]) {
        expect(list).toEqual([...list].sort((a, b) => a - b));
        // 4, 8, 16, and the edges of three more steps.
        expect(new Set(list).size).toBe(6);
      }
    }
  });

  it('says nothing of a kind that was never measured', () => {
    const times = readTable({ ...stepped, units: { ...stepped.units, empty: [] } });
    expect(times('pool', { inputs: 16, outputs: 16 })).toBeUndefined();
    expect(times('empty', { inputs: 16, outputs: 16 })).toBeUndefined();
  });

  it('takes the product of the widths where one measurement is all there is', () => {
    const times = readTable({ stairs: flat, units: { conv: [{ inputs: 8, outputs: 16, ms: 2 }] } });
    expect(times('conv', { inputs: 4, outputs: 16 })).toBeCloseTo(1, 6);
    expect(times('conv', { inputs: 4, outputs: 8 })).toBeCloseTo(0.5, 6);
  });

  it('carries what the smooth fit misses to widths nearby, and not far away', () => {
    const widths = [8, 16, 32, 64, 128, 256];
    const conv = widths.map((width) => ({
      ...{ inputs: width, outputs: width },
      ms: width * width * (width === 16 ? 1.5 : 1),
    }));
    const times = readTable({ stairs: flat, units: { conv } });
    const excess = (width: number): number =>
      times('conv', { inputs: width, outputs: width })! / (width * width);
    expect(excess(17)).toBeGreaterThan(1.3);
    expect(excess(100)).toBeLessThan(1.15);
  });
});

describe('the correction by whole models', () => {
  const times: UnitTimes = (kind, widths) => (kind === 'conv' ? lawOf(widths) : undefined);
  const parts: LatencyParts = {
    units: ['conv', 'conv', 'unheard'].map((kind, layer) => ({
      ...{ kind, layer, name: `unit${layer}`, input: 'x' },
      tail: [],
    })),
    // A mask's first byte tells how many steps of 16 stay.
    sizes: (keep) => sizesAt(keep[0]!),
  };
  const sizesAt = (steps: number): LatencySizes => ({
    widths: [
      { inputs: 16, outputs: 16 * steps },
      { inputs: 16 * steps, outputs: 32 },
      { inputs: 32, outputs: 10 },
    ],
    movedBytes: 2e5 * steps,
    raggedBytes: steps % 2 === 0 ? 0 : 1e6,
    bereftBytes: steps === 8 ? 3e6 : 0,
  });

  const loadAt = (steps: number): ModelLoad => loadOf(parts, times, Uint8Array.of(steps));

  it('counts units of unknown kinds as nothing', () => {
    const known = lawOf({ inputs: 16, outputs: 48 }) + lawOf({ inputs: 48, outputs: 32 });
    const { unitsMs, ...bytes } = loadAt(3);
    expect(unitsMs).toBeCloseTo(known, 12);
    expect(bytes).toEqual({ movedBytes: 6e5, raggedBytes: 1e6, bereftBytes: 0 });
  });

  it('counts units that are gone as nothing', () => {
    const around = { ...parts, sizes: () => ({ ...sizesAt(1), widths: sizesAt(0).widths }) };
    expect(loadOf(around, (_, { inputs }) => inputs, Uint8Array.of(0)).unitsMs).toBe(32);
  });

  it('recovers prices from whole models, and predicts others', () => {
    const prices = {
      ...{ units: 1.2, perMegabyte: 0.1, perRaggedMegabyte: 0.05 },
      ...{ perBereftMegabyte: 0.2, overhead: 0.3 },
    };
    const truth = (steps: number): number => correctLoad(loadAt(steps), prices);
    // Units and bytes grow together in this chain, so only what they say together is certain.
    const measured = [1, 2, 3, 4, 5, 8, 10].map((steps) => ({ ...loadAt(steps), ms: truth(steps) }));
    const found = fitCorrection(measured);
    expect(found.perRaggedMegabyte).toBeCloseTo(prices.perRaggedMegabyte, 4);
    expect(found.perBereftMegabyte).toBeCloseTo(prices.perBereftMegabyte, 4);
    for (const steps of [1, 6, 7, 12])
      expect(correctLoad(loadAt(steps), found) / truth(steps)).toBeCloseTo(1, 4);
  });

  it('comes to what the table says the more it counts', () => {
    const load = (k: number): ModelLoad => ({
      unitsMs: k,
      movedBytes: 1e6 * (1 + (k % 3)),
      raggedBytes: 1e6 * (1 + (k % 2)),
      bereftBytes: 1e5 * (1 + (k % 5)),
    });
    const timed = [1, 2, 3, 4, 5, 6, 7, 8].map((k) => ({ ...load(k), ms: 2 * k }));
    const priceAt = (tableCounts: number): number => fitCorrection(timed, tableCounts).units;
    expect(priceAt(0)).toBeCloseTo(2, 4);
    expect(priceAt(8)).toBeLessThan(priceAt(2));
    expect(priceAt(5000)).toBeCloseTo(1, 1);
  });
});
