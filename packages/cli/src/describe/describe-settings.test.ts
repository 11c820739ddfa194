import { expect, it } from 'vitest';
import { describeSettings, differingSettings } from './describe-settings.ts';
import { searchRun } from './described-runs.case.ts';

it('names settings as flags do and leaves out what was not set', () => {
  const run = searchRun({ maxDrop: '1%', 'eval-data': null, ignore: [], rates: ['0.5'], seed: 0 });
  expect(describeSettings(run)).toEqual([
    { name: 'max-drop', value: '1%' },
    { name: 'rates', value: ['0.5'] },
    { name: 'seed', value: 0 },
  ]);
});

it('finds what differs, also between those who name it otherwise', () => {
  const runs = [
    searchRun({ evalData: '/x', seed: 1, rates: ['0.5'] }),
    searchRun({ 'eval-data': '/x', seed: 2, rates: ['0.5'], limit: 9 }),
  ];
  expect(differingSettings(runs)).toEqual([
    { name: 'seed', values: [1, 2] },
    { name: 'limit', values: [null, 9] },
  ]);
});
