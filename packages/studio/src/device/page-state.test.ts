import type { HostEvent, HostJob } from '@espalier/core';
import { expect, it } from 'vitest';
import { advancePage, INITIAL_STATE, type PageState } from './page-state.ts';

const job: HostJob = {
  job: 'x',
  provider: 'wasm',
  threads: 2,
  seed: 0,
  length: {},
  models: [
    { name: 'a.onnx', bytes: 10 },
    { name: 'b.onnx', bytes: 6 },
  ],
};
const joined: HostEvent = { type: 'joined', identity: { id: 'i', key: 'k' } };
const loaded: HostEvent = {
  type: 'report',
  report: { type: 'loaded', name: 'a.onnx', loadMs: 1, firstRunMs: 1 },
};

const after = (...events: readonly HostEvent[]): PageState => events.reduce(advancePage, INITIAL_STATE);

it('follows a job from its models to its results', () => {
  const fetching = after(joined, { type: 'job', job }, { type: 'fetched', models: 1 });
  expect(fetching).toMatchObject({ phase: 'fetching', how: { provider: 'wasm', threads: 2 } });
  expect(fetching.models.map(({ state }) => state)).toEqual(['fetched', 'waiting']);
  const measuring = [{ type: 'fetched', models: 2 }, loaded, progress(0.5)] as const;
  const halfway = measuring.reduce(advancePage, fetching);
  expect(halfway).toMatchObject({ phase: 'measuring', fraction: 0.5 });
  expect(halfway.models.map(({ state }) => state)).toEqual(['loaded', 'fetched']);
  const times = [
    { name: 'a.onnx', rounds: [[4], [4]] },
    { name: 'b.onnx', rounds: [[2], [2]] },
  ];
  const done = advancePage(halfway, { type: 'report', report: { type: 'timed', times } });
  expect(done).toMatchObject({ phase: 'waiting', models: [], done: 1 });
  expect(done).not.toHaveProperty('how');
  expect(done.results.map(({ name, medianMs, speedup }) => [name, medianMs.value, speedup.value])).toEqual([
    ['a.onnx', 4, 1],
    ['b.onnx', 2, 2],
  ]);
});

it('says why a job failed until there is another one', () => {
  const failed = after(
    joined,
    { type: 'job', job },
    {
      type: 'report',
      report: { type: 'failed', kind: 'engine', code: 'engine.load-failed', message: 'No.' },
    },
  );
  expect(failed).toMatchObject({ phase: 'waiting', failure: 'No.', models: [] });
  expect(advancePage(failed, { type: 'job', job })).not.toHaveProperty('failure');
});

it.each([
  ['lost', { type: 'lost' }],
  ['ended', { type: 'bye' }],
  ['waiting', { type: 'cancelled' }],
] as const)('is %s after %j, with nothing left of the job', (phase, event) => {
  expect(after(joined, { type: 'job', job }, { type: 'fetched', models: 2 }, progress(0.4), event)).toEqual({
    ...INITIAL_STATE,
    phase,
  });
});

function progress(fraction: number): HostEvent {
  return { type: 'report', report: { type: 'progress', rounds: 1, fraction } };
}
