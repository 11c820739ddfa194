import { listPrunableGroups, type NdArray, planProbes, prepareLimits, toFloat32 } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import type { ProbeTrial } from './probe-judge.ts';
import { analyseModel, drawScores, engine, PROBED_NETS, readNoise } from './probed-nets.case.ts';
import { countRuns, type ProbeRun, type ProbeState, runParts, runWhole } from './run-probes.ts';

type Outputs = Readonly<Record<string, NdArray>>;

/** All probes of a net, with trials that write down what they are given and end after `enough` batches. */
async function open(net: keyof typeof PROBED_NETS, { samples = 24, batch = 4, enough = Infinity } = {}) {
  const analysis = await analyseModel(PROBED_NETS[net]());
  const { traced, coupling } = analysis;
  const scores = drawScores(analysis);
  const limiter = prepareLimits(traced, coupling, scores, {});
  const targets = listPrunableGroups(traced, coupling, limiter);
  const probes = planProbes(coupling, scores, limiter, targets, () => [0.25, 0.5]);
  const images = await readNoise(analysis.file.model, samples, batch);
  const start = (): ProbeRun & { readonly answers: readonly (readonly Outputs[])[] } => {
    const answers: Outputs[][] = probes.map(() => []);
    const states = probes.map((probe, at): ProbeState => {
      const trial: ProbeTrial = {
        add: (outputs) => answers[at]!.push(outputs) >= Math.min(enough, images.length),
        verdict: () => expect.unreachable('Whoever runs probes does not judge them.'),
      };
      return { probe, trial, done: false };
    });
    return { analysis, engines: [engine], images, states, answers };
  };
  return { analysis, images, probes, start };
}

async function sumOf(work: AsyncGenerator<number>): Promise<number> {
  let sum = 0;
  for await (const macs of work) sum += macs;
  return sum;
}

/** Largest difference between two answers, after a look at their outputs' names and shapes. */
function differenceOf(one: Outputs, other: Outputs): number {
  expect(Object.keys(one)).toEqual(Object.keys(other));
  const differences = Object.entries(one).map(([name, array]) => {
    expect(other[name]!.dims).toEqual(array.dims);
    const values = toFloat32(other[name]!);
    return toFloat32(array).reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!)), 0);
  });
  return Math.max(...differences);
}

const GIB = 2 ** 30;

describe.each(Object.keys(PROBED_NETS) as (keyof typeof PROBED_NETS)[])('probes of the net %s', (net) => {
  it.each([
    ['at once', GIB],
    ['in several rounds', 1],
  ])('give by their parts what the cut models give, %s', async (_, memory) => {
    const { start, images } = await open(net);
    const [whole, parts] = [start(), start()];
    await sumOf(runWhole(whole));
    await sumOf(runParts(parts, memory));
    expect(whole.answers.length).toBeGreaterThan(3);
    for (const [at, answers] of whole.answers.entries()) {
      expect(answers).toHaveLength(images.length);
      expect(parts.answers[at]).toHaveLength(images.length);
      for (const [batch, answer] of answers.entries()) {
        expect(differenceOf(answer, parts.answers[at]![batch]!)).toBeLessThan(1e-4);
      }
    }
    expect([...whole.states, ...parts.states].every(({ done }) => done)).toBe(true);
  });

  it('really change the answers', async () => {
    const { start, images, analysis } = await open(net);
    const run = start();
    await sumOf(runParts(run, GIB));
    const session = await engine.load(analysis.file.model);
    const original = await session.run(images[0]!.feeds);
    await session.close();
    for (const [answer] of run.answers) expect(differenceOf(answer!, original)).toBeGreaterThan(1e-2);
  });
});

describe('several engines', () => {
  it('share the probes out and find what one finds', async () => {
    const { start } = await open('residual');
    const [one, two] = [start(), start()];
    await sumOf(runParts(one, 1));
    await sumOf(runParts({ ...two, engines: [engine, engine] }, 1));
    expect(two.answers).toEqual(one.answers);
    const [wholeOne, wholeTwo] = [start(), start()];
    const sum = await sumOf(runWhole(wholeOne));
    expect(await sumOf(runWhole({ ...wholeTwo, engines: [engine, engine] }))).toBe(sum);
    expect(wholeTwo.answers).toEqual(wholeOne.answers);
  });
});

describe('the work of probes', () => {
  /** Multiply-accumulates per sample: first 3·8·9·16, second 8·6·9·16, logits 6·16·4. */
  const chain = { first: 3456, second: 6912, logits: 384 };

  it('is that of the cut models, each whole', async () => {
    const { start, probes, analysis } = await open('chain');
    const rows = countRuns(analysis.traced, start().images);
    const sum = probes.reduce((total, { keep }) => total + analysis.cost.totals(keep).macs, 0);
    expect(await sumOf(runWhole(start()))).toBe(sum * rows);
  });

  it('is that of what lies behind each cut, and of the way there once', async () => {
    const { start } = await open('chain');
    const { first, second, logits } = chain;
    const behind = 2 * (second + logits) + 2 * logits;
    expect(await sumOf(runParts(start(), GIB))).toBe(24 * (first + second + behind));
    expect(await sumOf(runParts(start(), 1))).toBe(24 * (first + second + behind));
  });

  it('is told per sample where the model insists on a batch', async () => {
    const [open4, fixed4] = [await open('chain'), await open('fixed batch')];
    expect(await sumOf(runParts(fixed4.start(), GIB))).toBe(await sumOf(runParts(open4.start(), GIB)));
    expect(await sumOf(runWhole(fixed4.start()))).toBe(await sumOf(runWhole(open4.start())));
  });

  it('runs an output once that is finished before the cuts', async () => {
    const { start, analysis, probes } = await open('two outputs');
    const layers = Object.fromEntries(analysis.cost.layers().map(({ name, macs }) => [name, macs]));
    const runs = countRuns(analysis.traced, start().images);
    const [, , , , deepest] = probes;
    expect(analysis.traced.nodes[deepest!.first]!.name).toBe('late');
    const { first_out, early_out, second_out, third_out, late_out } = layers as Record<string, number>;
    const behind = [
      early_out! + second_out! + third_out! + late_out!,
      third_out! + late_out!,
      late_out!,
    ].reduce((sum, macs) => sum + 2 * macs, 0);
    const way = first_out! + early_out! + second_out! + third_out!;
    expect(await sumOf(runParts(start(), GIB))).toBe(runs * (way + behind));
  });

  it.each([
    ['whole', (run: ProbeRun) => runWhole(run)],
    ['by their parts', (run: ProbeRun) => runParts(run, GIB)],
    ['by their parts in several rounds', (run: ProbeRun) => runParts(run, 1)],
  ])('ends with the trials that have seen enough, %s', async (_, work) => {
    const [brief, full] = [await open('residual', { enough: 2 }), await open('residual')];
    const run = brief.start();
    const sum = await sumOf(work(run));
    expect(run.answers.map(({ length }) => length)).toEqual(brief.probes.map(() => 2));
    expect(sum).toBeLessThan(await sumOf(work(full.start())));
  });
});

describe.each([
  ['runWhole', (run: ProbeRun) => runWhole(run)],
  ['runParts', (run: ProbeRun) => runParts(run, GIB)],
])('%s', (_, work) => {
  it('stops in the middle of a probe when it is aborted', async () => {
    const { start } = await open('chain');
    const controller = new AbortController();
    const run = start();
    const [first] = run.states;
    const { add } = first!.trial;
    first!.trial.add = (outputs) => {
      controller.abort();
      return add(outputs);
    };
    await expect(sumOf(work({ ...run, signal: controller.signal }))).rejects.toThrow(/abort/i);
    expect(run.answers.map(({ length }) => length)).toEqual([1, ...run.answers.slice(1).map(() => 0)]);
  });
});
