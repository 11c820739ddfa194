import { expect, it } from 'vitest';
import { analyse, branchedNet, residualNet } from '../plan/analysed-net.case.ts';
import { matchLayers } from './matched-layers.ts';
import { cutTask } from './recovery.case.ts';

const dims = [1, 3, 8, 8];

it('finds every layer, what is left of it, and which ones compute what they did', async () => {
  const { original, coupling, keep, pruned } = await cutTask(
    residualNet(),
    { first_out: [1, 6], second_out: [0] },
    dims,
  );
  const { traced } = await analyse(pruned);
  const { layers, clean } = matchLayers(original, coupling, keep, traced);
  expect(layers.map(({ output, untouched, kept }) => [output, untouched, kept?.length])).toEqual([
    ['first_out', true, 6],
    ['second_out', false, 11],
    ['third_out', false, 11],
    ['head_out', false, undefined],
  ]);
  expect([...(layers[0]!.kept ?? [])]).toEqual([0, 2, 3, 4, 5, 7]);
  expect(clean.has('first_out')).toBe(true);
  expect(clean.has('second_out')).toBe(false);
});

it('takes everything for untouched where nothing was cut', async () => {
  const { original, coupling, keep, pruned } = await cutTask(residualNet(), {}, dims);
  const { traced } = await analyse(pruned);
  const { layers } = matchLayers(original, coupling, keep, traced);
  expect(layers.every(({ untouched, kept }) => untouched && kept === undefined)).toBe(true);
});

it('takes what a branch came together with, and what lies behind, for touched, though no layer lost channels', async () => {
  const { original, coupling, keep, pruned } = await cutTask(
    branchedNet(),
    { inner_out: [0, 1, 2, 3, 4, 5] },
    dims,
  );
  const { traced } = await analyse(pruned);
  const { layers } = matchLayers(original, coupling, keep, traced);
  expect(layers.map(({ output, untouched }) => [output, untouched])).toEqual([
    ['stem_out', true],
    ['Add_0_out', false],
    ['head_out', false],
  ]);
});
