import { type Limiter, listPrunableGroups, type PrunableGroup, prepareLimits } from '@espalier/core';
import { beforeAll, expect, it } from 'vitest';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { ProbeBatch } from './probe-images.ts';
import { openProbeJudge } from './probe-judge.ts';
import { type ProbedCurve, type ProbeNews, type ProbeRounds, probeInRounds } from './probe-rounds.ts';
import { analyseModel, drawScores, engine, PROBED_NETS, readNoise, topOne } from './probed-nets.case.ts';

let analysis: Analysis;
let images: readonly ProbeBatch[];
let scores: Float64Array;
let limiter: Limiter;
let targets: readonly PrunableGroup[];
let open: ProbeRounds['open'];
beforeAll(async () => {
  analysis = await analyseModel(PROBED_NETS.chain());
  images = await readNoise(analysis.file.model, 20);
  scores = drawScores(analysis);
  limiter = prepareLimits(analysis.traced, analysis.coupling, scores, {});
  targets = listPrunableGroups(analysis.traced, analysis.coupling, limiter);
  const session = await engine.load(analysis.file.model);
  const baseline = await Promise.all(images.map(({ feeds }) => session.run(feeds)));
  await session.close();
  open = openProbeJudge({ images, metrics: topOne, baseline, reference: baseline, precision: 0 }).open;
});

async function probe(rounds: number, bendOf: ProbeRounds['bendOf'], memory: number | undefined = 2 ** 30) {
  const news: ProbeNews[] = [];
  const rates = (): readonly number[] => [0.25, 0.5];
  const options = {
    analysis,
    engines: [engine],
    images,
    scores,
    limiter,
    targets,
    ratesOf: rates,
    rounds,
    bendOf,
    open,
    memory,
  };
  for await (const event of probeInRounds(options)) news.push(event);
  const curves = news.flatMap((event) => (event.type === 'curve' ? [event.curve] : []));
  const work = news.flatMap((event) => (event.type === 'work' ? [event] : []));
  return { curves, work };
}

const ratesOf = (curves: readonly ProbedCurve[]) =>
  Object.fromEntries(
    curves.map(({ target, states }) => [target.root, states.map((state) => state.probe.rate)]),
  );

it.each([2 ** 30, undefined])('probes every group at every rate, with memory %s', async (memory) => {
  const { curves, work } = await probe(2, () => undefined, memory);
  expect(ratesOf(curves)).toEqual({ first_out: [0.25, 0.5], second_out: [0.25, 0.5] });
  expect(work.at(-1)).toMatchObject({ done: 4, total: 4 });
});

it('looks at bends again, in the order of the rates, and no more often than it may', async () => {
  const bendOf: ProbeRounds['bendOf'] = ([lowest]) =>
    lowest!.probe.target.root === 'first_out' ? lowest!.probe.rate + 0.15 : undefined;
  const once = await probe(1, bendOf);
  expect(ratesOf(once.curves)).toEqual({ second_out: [0.25, 0.5], first_out: [0.25, 0.4, 0.5] });
  expect(once.work.at(-1)).toMatchObject({ done: 5, total: 5 });
  const none = await probe(0, bendOf);
  expect(ratesOf(none.curves)).toEqual({ first_out: [0.25, 0.5], second_out: [0.25, 0.5] });
});

it('does not probe what another rate removes just as well', async () => {
  // Of 8 channels 0.26 takes two, as 0.25 does.
  const { curves, work } = await probe(2, () => 0.26);
  expect(ratesOf(curves)).toEqual({ first_out: [0.25, 0.5], second_out: [0.25, 0.5] });
  expect(work.at(-1)).toMatchObject({ total: 4 });
});
