import { FLAT, STAIR_WIDTHS } from '@espalier/core';
import { expect, it } from 'vitest';
import { follow } from '../pipeline/events.ts';
import { lawfulDevice } from './lawful-device.case.ts';
import { fitBothStairs, measureStairCurves, measureStairs } from './measure-stairs.ts';

it.each([4, 8, 16])('finds steps of %i on both sides', async (step) => {
  const stairs = { step, unit: 1, penalty: 1 };
  expect(await measureStairs(lawfulDevice({ step }))).toEqual({ inputs: stairs, outputs: stairs });
});

it('tells the sides apart', async () => {
  const { inputs, outputs } = await measureStairs(lawfulDevice({ step: 16, inputStep: 4 }));
  expect([inputs.step, outputs.step]).toEqual([4, 16]);
});

it('finds none where time grows with every channel', async () => {
  expect(await measureStairs(lawfulDevice({ step: 1 }))).toEqual({ inputs: FLAT, outputs: FLAT });
});

it('tells the times that the stairs were read off, and how far it is', async () => {
  const device = lawfulDevice({ step: 16, noise: 0 });
  const fractions: number[] = [];
  const curves = await follow(measureStairCurves(device), (fraction) => fractions.push(fraction));
  for (const side of [curves.inputs, curves.outputs]) {
    expect(side.map(({ width }) => width)).toEqual(STAIR_WIDTHS);
    expect(new Set(side.map(({ ms }) => ms.toFixed(6))).size).toBe(3);
  }
  expect(fitBothStairs(curves).outputs.step).toBe(16);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBe(1);
});

it('believes the middle one of several sweeps', async () => {
  // Every seventh model of the first sweep is disturbed, whether it holds a layer once or several times.
  let models = 0;
  const factorOf = () => (++models <= 4 * STAIR_WIDTHS.length && models % 7 === 0 ? 3 : 1);
  const disturbed = lawfulDevice({ noise: 0, factorOf });
  const quiet = lawfulDevice({ noise: 0 });
  expect(await follow(measureStairCurves(disturbed, { sweeps: 3 }))).toEqual(
    await follow(measureStairCurves(quiet)),
  );
});
