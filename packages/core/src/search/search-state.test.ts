import { expect, it } from 'vitest';
import {
  isSearchRecord,
  type SearchJudgement,
  type SearchRecord,
  type SearchStep,
  type SearchTrial,
} from './search-record.ts';
import { advanceState, NO_STATE } from './search-state.ts';
import type { GroupSensitivity, Sensitivity } from './sensitivity.ts';

const judgement: SearchJudgement = {
  ...{ metric: 'top1', higherIsBetter: true, value: 0.9, groups: [], metrics: {}, samples: 10 },
  ...{ drop: 0, interval: null, worst: 0 },
};
const cost = { macs: 9, params: 9, activationBytes: 9 };

const curve = (root: string): SearchRecord => ({
  type: 'sensitivity.group',
  group: { root, part: 0, channels: 8, points: [], age: 0 } satisfies GroupSensitivity,
});
const tried = (iteration: number, strength: number, accepted: boolean): SearchRecord => ({
  type: 'search.trial',
  trial: {
    ...{ iteration, strength, accepted, cost, allowed: 0, seconds: 1 },
    ...{ cutAlone: judgement, recovered: judgement },
  } as SearchTrial,
});
const step = (number: number, stale: readonly string[] = []): SearchRecord => ({
  type: 'search.step',
  step: {
    ...{ step: number, model: `step-${number}`, cost, judgement, stale },
    ...{ groups: [], history: {}, proof: null },
  } as SearchStep,
});
const after = (...events: readonly SearchRecord[]) => events.reduce(advanceState, NO_STATE);

it('forgets curves that a cut made stale, and lets the others grow older', () => {
  const { curves } = after(curve('a'), curve('b'), step(1, ['a']), curve('a'), step(2, []));
  expect([...curves].map(([name, { age }]) => [name, age])).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
});

it('counts a try that was repeated once', () => {
  const { trials } = after(
    step(0),
    tried(0, 1, false),
    tried(0, 0.5, true),
    tried(0, 0.5, true),
    step(1),
    tried(1, 1, true),
  );
  expect(trials.map(({ iteration, strength }) => [iteration, strength])).toEqual([
    [0, 1],
    [0, 0.5],
    [1, 1],
  ]);
});

it('keeps the last analysis', () => {
  const sensitivity = { metric: 'top1' } as Sensitivity;
  const { analysed } = after({ type: 'search.sensitivity', iteration: 3, sensitivity, probes: 9 });
  expect(analysed).toEqual({ iteration: 3, sensitivity });
});

it('knows whether cutting has stopped and all is done, until there is another try', () => {
  const stop: SearchRecord = { type: 'search.stop', reason: 'time' };
  const end: SearchRecord = { type: 'search.end', reason: 'time', best: 1 };
  expect(after(step(0))).toMatchObject({ stopped: undefined, ended: false });
  expect(after(step(0), stop)).toMatchObject({ stopped: 'time', ended: false });
  expect(after(step(0), stop, step(1), end)).toMatchObject({ stopped: 'time', ended: true });
  expect(after(step(0), stop, end, tried(0, 1, false))).toMatchObject({ stopped: undefined, ended: false });
});

it('tells entries of a journal from other events', () => {
  expect([step(0), curve('a')].every(isSearchRecord)).toBe(true);
  expect(isSearchRecord({ type: 'training.preparing' })).toBe(false);
});
