import { FLAT } from '@espalier/core';
import { expect, it } from 'vitest';
import { lawfulDevice } from './lawful-device.case.ts';
import { measureStairs } from './measure-stairs.ts';

it.each([4, 8, 16])('finds steps of %i on both sides', async (step) => {
  const stairs = { step, unit: 1, penalty: 1 };
  expect(await measureStairs(lawfulDevice({ step }))).toEqual({ inputs: stairs, outputs: stairs });
});

it('finds none where time grows with every channel', async () => {
  expect(await measureStairs(lawfulDevice({ step: 1 }))).toEqual({ inputs: FLAT, outputs: FLAT });
});
