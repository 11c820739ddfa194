import { expect, it } from 'vitest';
import { makeRunPage } from './run-page.ts';
import { journal, judged, source, stepOf } from './small-run.case.ts';

const page = makeRunPage(source);

it('tells every step beside the original, with what was measured of it', () => {
  expect(page).toMatchObject({ title: 'net.onnx', ending: 'target' });
  expect(page.metric).toEqual({ name: 'top1', higherIsBetter: true, samples: 500, isShare: true });
  expect(page.steps.map(({ kept, tries, bytes }) => [kept.macs, tries, bytes])).toEqual([
    [1, 0, 4_000_000],
    [0.8, 2, undefined],
    [0.6, 1, 2_400_000],
  ]);
  const [first, second, third] = page.steps;
  expect(first).toMatchObject({ dropInterval: null, proof: null, cuts: [] });
  expect(second?.latency).toBeUndefined();
  expect(third?.latency?.speedup.value).toBe(1.6);
  expect(third?.cuts).toEqual([{ root: 'conv1', channels: 16, removed: 2 }]);
});

it('knows how far the metric is known by itself from its random groups', () => {
  // Two groups 0.02 apart: a standard error of 0.01, with one degree of freedom.
  const [low, high] = page.steps[0]!.interval!;
  expect((high + low) / 2).toBeCloseTo(0.9);
  expect((high - low) / 2).toBeCloseTo(0.127, 3);
  const single = makeRunPage({
    journal: [{ type: 'search.step', step: stepOf(0, 1, judged(0.9, { groups: [0.9] })) }],
  });
  expect(single.steps[0]!.interval).toBeNull();
});

it('tells every try', () => {
  expect(page.trials.map(({ cut, strength, kept, accepted }) => [cut, strength, kept, accepted])).toEqual([
    [1, 1, 0.7, false],
    [1, 0.5, 0.8, true],
    [2, 1, 0.6, true],
  ]);
  expect(page.trials[0]).toMatchObject({ before: 0.4, value: 0.87, allowed: 0.01 });
});

it('sorts the curves of the last analysis by how sensitive they are, beside those of the first', () => {
  expect(page.analysis).toMatchObject({ step: 1, samples: 200 });
  expect(page.analysis?.curves.map(({ name, age }) => [name, age])).toEqual([
    ['conv2', 1],
    ['conv1', 0],
  ]);
  expect(page.analysis?.curves[1]?.first?.map(({ drop }) => drop)).toEqual([0.01, 0.02, 0.1]);
});

it('compares classes where the metric has them, greatest loss first', () => {
  expect(page.classes.map(({ name, loss }) => [name, Number(loss.toFixed(4))])).toEqual([
    ['dog', 0.05],
    ['cat', -0.02],
  ]);
  const [first] = journal;
  expect(makeRunPage({ journal: [first!] }).classes.map(({ loss }) => loss)).toEqual([0, 0]);
});

it('leaves out what a killed run did not tell', () => {
  const killed = makeRunPage({ journal: journal.slice(0, 3) });
  expect(killed).toMatchObject({ title: 'Run', ending: undefined, layers: [], frozen: [], settings: [] });
  expect(killed.asked).toBeUndefined();
  expect(killed.steps).toHaveLength(1);
  const record = { about: { model: '/m/net.onnx' }, settings: {} };
  expect(makeRunPage({ journal: [], record }).title).toBe('net.onnx');
  expect(makeRunPage({ journal: [] })).toMatchObject({ steps: [], trials: [], classes: [] });
});

it('counts only what lies between 0 and 1 as a share', () => {
  const of = (value: number, higherIsBetter: boolean) =>
    makeRunPage({
      journal: [{ type: 'search.step', step: stepOf(0, 1, judged(value, { higherIsBetter })) }],
    }).metric.isShare;
  expect([of(0.9, true), of(31.2, true), of(0.3, false)]).toEqual([true, false, false]);
});
