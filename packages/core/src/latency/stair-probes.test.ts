import { expect, it } from 'vitest';
import { tracedShape } from '../graph/traced-model.ts';
import { engine } from '../plan/analysed-net.case.ts';
import { traceModel } from '../trace/trace.ts';
import { STAIR_WIDTHS, stairSpecimen } from './stair-probes.ts';
import { buildUnitModel } from './unit-model.ts';

it('covers two steps of 16 and both of their edges', () => {
  expect([STAIR_WIDTHS[0], STAIR_WIDTHS.at(-1), STAIR_WIDTHS.length]).toEqual([32, 64, 33]);
});

it.each([
  ['inputs', 33, 64],
  ['outputs', 64, 33],
] as const)('varies the %s of a convolution that runs', async (side, inputs, outputs) => {
  const { specimen, macs } = stairSpecimen(side, 33);
  expect(macs).toBe(28 * 28 * 9 * 33 * 64);
  const traced = await traceModel(buildUnitModel(specimen, 1), engine);
  expect(tracedShape(traced, 'x')).toEqual([1, inputs, 28, 28]);
  expect(tracedShape(traced, traced.graph.outputs[0]!.name)).toEqual([1, outputs, 1, 1]);
});
