import { appendFile, readdir, readFile } from 'node:fs/promises';
import { cutModel, groupName, keepOf, type Plan } from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../models/read-model.ts';
import { analyseFile } from '../pipeline/analyse-file.ts';
import { follow } from '../pipeline/events.ts';
import { readJournal } from '../runs/journal.ts';
import type { SearchResult } from './run-search.ts';
import type { SearchEvent } from './search-events.ts';
import {
  createLossMetric,
  engine,
  openSearchPlace,
  type SearchPlace,
  type SearchWishes,
} from './searched-net.case.ts';

let place: SearchPlace;
beforeAll(async () => {
  place = await openSearchPlace();
});
afterAll(() => place.close());

/** Many steps: one group after the other. */
const SMALL_STEPS = {
  counts: { params: 0, macs: 1 },
  target: { measure: 'macs', kept: 0.3 },
} as const;

const lastOf = ({ steps }: SearchResult) => steps.at(-1)!;
const keptMacs = (result: SearchResult) => lastOf(result).cost.macs / result.steps[0]!.cost.macs;
const modelOf = (run: string, { steps }: SearchResult) => readFile(place.at(run, steps.at(-1)!.model));
const summary = ({ steps, trials, reason }: SearchResult) => ({
  steps,
  reason,
  trials: trials.map(({ seconds: _, ...trial }) => trial),
});
const journalOf = (run: string) => readJournal(place.at(run, 'events.jsonl')) as readonly SearchEvent[];
const typesOf = (run: string) => journalOf(run).map(({ type }) => type);
const refusedIn = (run: string) =>
  journalOf(run).flatMap((event) =>
    event.type === 'search.trial' && !event.trial.accepted
      ? [[event.trial.iteration, event.trial.strength]]
      : [],
  );

describe('runSearch', () => {
  it('takes a branch altogether, goes on with what is left, and tells it as a recipe', async () => {
    const result = await place.search('branches', {
      ...{ limits: { branches: true, maxRatio: 0.1 }, maxDrop: 0.9, confidence: 0.5 },
      ...{ target: { measure: 'macs', kept: 0.3 }, recovery: { method: 'finetune', epochs: 1 } },
    });
    const last = lastOf(result);
    expect(last.history.inner_out).toMatchObject({ channels: 12, kept: [] });
    const { model } = await readModel(place.at('branches', last.model));
    expect(model.graph.nodes.map(({ name }) => name)).not.toContain('outer');
    const original = await follow(analyseFile(place.model, { engine }));
    const plan = JSON.parse(await readFile(place.at('branches', 'plan.json'), 'utf8')) as Plan;
    const keep = keepOf(original.traced, original.coupling, plan);
    const { cost } = await follow(analyseFile(place.at('branches', last.model), { engine }));
    // Recovery gives layers biases that they did not have.
    for (const { macs } of [original.cost.totals(keep), cost.original]) expect(macs).toBe(last.cost.macs);
  });

  it.each(['iterative', 'progressive', 'one-shot', 'uniform'] as const)(
    'reaches an easy target, %s, and tells what is in the files',
    async (strategy) => {
      const result = await place.search(strategy, { strategy, maxDrop: 0.2 });
      expect(result.reason).toBe('target');
      expect(keptMacs(result)).toBeLessThanOrEqual(0.51);
      expect(keptMacs(result)).toBeGreaterThan(0.4);
      expect(result.sensitivity !== undefined).toBe(strategy === 'iterative');
      if (strategy === 'one-shot' || strategy === 'uniform') expect(result.steps).toHaveLength(2);
      for (const [i, { step, model, cost, judgement, proof }] of result.steps.entries()) {
        const analysis = await follow(analyseFile(place.at(strategy, model), { engine }));
        expect([step, analysis.cost.original]).toEqual([i, cost]);
        expect(judgement.samples).toBe(160);
        expect(judgement.worst).toBeLessThanOrEqual(0.2);
        expect(proof).toBe(i === 0 ? null : 'proven');
      }
      expect(typesOf(strategy).slice(-2)).toEqual(['search.stop', 'search.end']);
    },
  );

  it('writes a recipe that makes the widths of the last model of the original', async () => {
    const result = await place.search('recipe', SMALL_STEPS);
    expect(result.steps.length).toBeGreaterThan(3);
    const { traced, coupling } = await follow(analyseFile(place.model, { engine }));
    const plan = JSON.parse(await readFile(place.at('recipe', 'plan.json'), 'utf8')) as Plan;
    const history = JSON.parse(await readFile(place.at('recipe', 'history.json'), 'utf8'));
    expect(history).toMatchObject({ schema: 'espalier/history@1', layers: lastOf(result).history });
    const again = await cutModel(traced, coupling, keepOf(traced, coupling, plan), engine);
    const { model } = await readModel(place.at('recipe', lastOf(result).model));
    const weights = ({ graph }: typeof model) =>
      graph.initializers.map(({ name, dims, raw }) => [name, dims, raw]);
    // Nothing was recovered, so the weights are the same as well.
    expect(weights(again)).toEqual(weights(model));
  });

  it('cuts towards a fraction of the parameters too', async () => {
    const { steps, reason } = await place.search('params', {
      target: { measure: 'params', kept: 0.6 },
      maxDrop: 0.2,
    });
    expect(reason).toBe('target');
    expect(steps.at(-1)!.cost.params / steps[0]!.cost.params).toBeLessThanOrEqual(0.61);
  });

  it('probes only groups near the last cut again; the other curves grow older', async () => {
    const events: SearchEvent[] = [];
    const { steps } = await place.search('ages', SMALL_STEPS, (event) => events.push(event));
    const analyses = events.flatMap((event) => (event.type === 'search.sensitivity' ? [event] : []));
    const probed: string[][] = [];
    for (const event of events) {
      if (event.type === 'search.step') probed.push([]);
      if (event.type === 'sensitivity.group') probed.at(-1)!.push(groupName(event.group));
    }
    expect(analyses.length).toBeGreaterThan(3);
    const ages = new Map<string, number>();
    for (const { iteration, sensitivity } of analyses) {
      const { stale } = steps[iteration]!;
      const names = sensitivity.groups.map(groupName);
      expect([...probed[iteration]!].sort()).toEqual(iteration === 0 ? [...names].sort() : [...stale].sort());
      for (const group of sensitivity.groups) {
        const fresh = iteration === 0 || stale.includes(groupName(group));
        ages.set(groupName(group), fresh ? 0 : ages.get(groupName(group))! + 1);
        expect(group.age).toBe(ages.get(groupName(group)));
      }
    }
    expect(analyses.some(({ sensitivity }) => sensitivity.groups.some(({ age }) => age > 0))).toBe(true);
  });

  it('tries weaker cuts after one that costs too much, and never keeps one that does', async () => {
    const wishes = { maxDrop: 0.07, target: { measure: 'macs', kept: 0.1 } } as const;
    const result = await place.search('weaker', { ...SMALL_STEPS, ...wishes });
    expect(result.reason).toBe('budget');
    for (const { step } of result.steps) {
      const tries = result.trials.filter(({ iteration }) => iteration === step);
      const strengths = tries.map(({ strength }) => strength);
      expect(strengths[0]).toBe(1);
      expect(strengths).toEqual([...new Set(strengths)].sort((a, b) => b - a));
      for (const { accepted, recovered, allowed } of tries) expect(accepted).toBe(recovered.worst <= allowed);
      const isLast = step === lastOf(result).step;
      const verdicts = tries.map(({ accepted }) => accepted);
      expect(verdicts).toEqual(tries.map((_, i) => !isLast && i === tries.length - 1));
    }
    expect(result.trials.some(({ accepted, strength }) => accepted && strength < 1)).toBe(true);
    expect(lastOf(result).judgement.worst).toBeLessThanOrEqual(0.07);
  });

  it('refuses a cut for which one class pays, and says which', async () => {
    const wishes = { ...SMALL_STEPS, target: { measure: 'macs', kept: 0.1 }, maxDrop: 0.5 } as const;
    const free = await place.search('unfloored', wishes);
    const held = await place.search('floored', { ...wishes, maxClassDrop: 0.1 });
    expect(keptMacs(held)).toBeGreaterThan(keptMacs(free));
    expect(held.reason).toBe('budget');
    const broken = held.trials.filter(({ accepted }) => !accepted);
    expect(broken.length).toBeGreaterThan(0);
    for (const { brokenFloor, recovered } of broken) {
      expect(brokenFloor).toEqual(recovered.worstClass);
      expect(brokenFloor!.worst).toBeGreaterThan(0.1);
    }
    for (const { judgement } of held.steps.slice(1))
      expect(judgement.worstClass!.worst).toBeLessThanOrEqual(0.1);
    expect(free.trials.every((trial) => trial.brokenFloor === undefined)).toBe(true);
  });

  it('picks by measured time, keeps the times it measured, and knows that they differ from run to run', async () => {
    const wishes = { ...SMALL_STEPS, counts: { latency: 1 }, scoreBy: ['latency'], iterations: 2 } as const;
    await place.search('timed', { ...wishes, maxDrop: 0.9, deterministic: false });
    const analyses = journalOf('timed').flatMap((event) =>
      event.type === 'search.sensitivity' ? [event.sensitivity] : [],
    );
    expect(analyses).toHaveLength(2);
    for (const { baseline, groups } of analyses) {
      expect(baseline.milliseconds).toBeGreaterThan(0);
      for (const { uncutMilliseconds, points, age } of groups) {
        expect(points.every(({ milliseconds }) => milliseconds !== undefined)).toBe(true);
        if (age > 0) expect(uncutMilliseconds).toBe(baseline.milliseconds);
      }
    }
    const [first, second] = analyses;
    for (const group of second!.groups.filter(({ age }) => age > 0)) {
      const before = first!.groups.find((each) => groupName(each) === groupName(group))!;
      const saved = ({ points, uncutMilliseconds }: typeof group) =>
        uncutMilliseconds! - points[0]!.milliseconds!;
      expect(saved(group)).toBeCloseTo(saved(before), 9);
    }
    await expect(place.search('not-timed', wishes)).rejects.toMatchObject({ code: 'run.not-deterministic' });
  });

  it('puts no floor under classes that a metric does not know', async () => {
    await expect(
      place.search('no-classes', { maxClassDrop: 0.1, createMetric: createLossMetric }),
    ).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'run.no-classes' },
    });
    expect(journalOf('no-classes')).toEqual([]);
  });

  it('takes no more of a layer than the limit allows of the original, over all cuts', async () => {
    const result = await place.search('ratio', {
      ...{ ...SMALL_STEPS, maxDrop: 0.9, confidence: 0.5, limits: { maxRatio: 0.5 } },
      target: { measure: 'macs', kept: 0.05 },
    });
    expect(result.reason).toBe('nothing-left');
    const layers = Object.values(lastOf(result).history);
    for (const { channels, kept } of layers) expect(kept.length).toBeGreaterThanOrEqual(channels / 2);
    expect(layers.some(({ channels, kept }) => kept.length === channels / 2)).toBe(true);
  });

  it('keeps the original when nothing may be lost at high confidence', async () => {
    const loudestFirst = { criterion: 'random', seed: 4, workers: 0 } as const;
    const result = await place.search('strict', { maxDrop: 0, confidence: 0.99, scoring: loudestFirst });
    expect(result.reason).toBe('budget');
    expect(result.steps).toHaveLength(1);
    expect(result.trials.length).toBeGreaterThan(1);
    expect(await modelOf('strict', result)).toEqual(await readFile(place.model));
    const plan = JSON.parse(await readFile(place.at('strict', 'plan.json'), 'utf8')) as Plan;
    expect(plan.groups).toEqual([]);
  });

  it('says of one cut that had to be weakened that the budget stopped it', async () => {
    const wishes = { strategy: 'one-shot', maxDrop: 0.05, target: { measure: 'macs', kept: 0.1 } } as const;
    const { reason, steps, trials } = await place.search('one cut', wishes);
    expect([reason, steps.length]).toEqual(['budget', 2]);
    expect(trials.map(({ accepted }) => accepted)).toEqual(trials.map((_, i) => i === trials.length - 1));
    expect(trials.length).toBeGreaterThan(1);
  });

  it('ends with what it has when the limits leave nothing more to cut', async () => {
    const wishes = { limits: { maxRatio: 0.2 }, maxDrop: 0.9 };
    const progressive = await place.search('held', {
      ...{ ...wishes, strategy: 'progressive', limits: { ignore: ['stem', 'inner', 'outer', 'late'] } },
      target: { measure: 'macs', kept: 0.5 },
    });
    expect(progressive.reason).toBe('nothing-left');
    expect(progressive.steps.length).toBeGreaterThan(1);
    const refusal = place.search('held at once', { ...wishes, strategy: 'one-shot' });
    await expect(refusal).rejects.toMatchObject({ kind: 'target', code: 'plan.unreachable' });
  });

  it('judges by the answers of the original where there are no labels', async () => {
    const { steps, reason } = await place.search('unlabelled', { labels: false, maxDrop: 0.2 });
    expect(reason).toBe('target');
    expect(steps[0]!.judgement).toMatchObject({ metric: 'top1Agreement', value: 1, drop: 0 });
    expect(steps.at(-1)!.judgement.value).toBeGreaterThan(0.9);
  });

  it.each([
    ['recalibrate', true],
    ['reconstruct', false],
    ['finetune', true],
    ['distil', false],
    ['distil', true],
  ] as const)('recovers by %s, with labels %s, and trains at the end', async (method, labels) => {
    const run = `${method} ${labels}`;
    const wishes = { strategy: 'one-shot', labels, recovery: { method }, finalEpochs: 1 } as const;
    const events: SearchEvent[] = [];
    // Agreement of a net that was trained further is no longer perfect: a wide budget.
    const result = await place.search(run, { ...wishes, maxDrop: 0.5 }, (event) => events.push(event));
    expect(result.reason).toBe('target');
    const trainings = events.filter(({ type }) => type === 'training.started').length;
    expect(trainings).toBe(method === 'finetune' || method === 'distil' ? 2 : 1);
    const cut = await place.search(`${run}, cut alone`, {
      ...wishes,
      recovery: { method: 'none' },
      finalEpochs: 0,
    });
    expect(await readFile(place.at(run, result.steps[1]!.model))).not.toEqual(
      await modelOf(`${run}, cut alone`, cut),
    );
  });

  it('finds out before the first cut that it could not train', async () => {
    const wishes = { recovery: { method: 'reconstruct' }, finalEpochs: 1, task: 'detect' } as const;
    const events: string[] = [];
    const refusal = { kind: 'usage', code: 'train.nothing-to-learn' };
    const listen = ({ type }: SearchEvent) => events.push(type);
    await expect(place.search('untrainable', wishes, listen)).rejects.toMatchObject(refusal);
    expect(events).not.toContain('search.step');
  });

  it('ends after the cuts or the time it may take, and goes on when it may take more', async () => {
    const two = await place.search('limits', { ...SMALL_STEPS, iterations: 2 });
    expect([two.reason, two.steps.length]).toEqual(['iterations', 3]);
    const journal = await readFile(place.at('limits', 'events.jsonl'), 'utf8');
    const same = await place.search('limits', { ...SMALL_STEPS, iterations: 2, resume: true });
    expect(summary(same)).toEqual(summary(two));
    expect(await readFile(place.at('limits', 'events.jsonl'), 'utf8')).toBe(journal);
    const none = await place.search('limits', { ...SMALL_STEPS, seconds: 0, resume: true });
    expect([none.reason, none.steps.length]).toEqual(['time', 3]);
    const all = await place.search('limits', { ...SMALL_STEPS, resume: true });
    const whole = await place.search('no limits', SMALL_STEPS);
    expect(summary(all)).toEqual(summary(whole));
    expect(await modelOf('limits', all)).toEqual(await modelOf('no limits', whole));
  });

  it('keeps the models that it is told to, and goes on from the last of them', async () => {
    const wishes = { ...SMALL_STEPS, keepModels: 'last' } as const;
    const kept = async () => (await readdir(place.at('thinned', 'models'))).sort();
    await place.search('thinned', { ...wishes, iterations: 2 });
    expect(await kept()).toEqual(['step-0.onnx', 'step-2.onnx']);
    const thinned = await place.search('thinned', { ...wishes, resume: true });
    const whole = await place.search('not thinned', SMALL_STEPS);
    expect(summary(thinned)).toEqual(summary(whole));
    const { step } = lastOf(thinned);
    expect(await kept()).toEqual(['step-0.onnx', `step-${step}.onnx`]);
    expect(await modelOf('thinned', thinned)).toEqual(await modelOf('not thinned', whole));
    const rows = (await readFile(place.at('thinned', 'results.csv'), 'utf8')).trimEnd().split('\n');
    expect(rows.map((row) => Number.parseInt(row, 10))).toEqual([
      NaN,
      ...thinned.steps.map((each) => each.step),
    ]);
  });

  it('refuses an original that has no number', async () => {
    const refusal = { kind: 'data', code: 'search.no-number', message: expect.stringContaining('odd NaN') };
    await expect(place.search('no number', { createMetric: () => odd })).rejects.toMatchObject(refusal);
  });
});

const odd = {
  name: 'odd',
  higherIsBetter: true,
  add: () => {},
  result: () => ({ odd: Number.NaN }),
};

/** Everything that leaves traces: a weaker try, several steps, training after each and at the end. */
const BUSY: SearchWishes = {
  ...SMALL_STEPS,
  ...{ createMetric: createLossMetric, maxDrop: 0.02, iterations: 3 },
  ...{
    target: { measure: 'macs', kept: 0.2 },
    recovery: { method: 'finetune', epochs: 0.1 },
    finalEpochs: 0.5,
  },
};

describe('resuming', () => {
  let whole: SearchResult;
  let curves: number;
  beforeAll(async () => {
    whole = await place.search('whole', BUSY);
    curves = typesOf('whole').filter((type) => type === 'sensitivity.group').length;
    expect(whole.trials.some(({ accepted }) => !accepted)).toBe(true);
    expect(lastOf(whole).proof).toBe(null);
  });

  async function expectWhole(run: string, result: SearchResult): Promise<void> {
    expect(summary(result)).toEqual(summary(whole));
    for (const { model } of whole.steps) {
      expect(await readFile(place.at(run, model))).toEqual(await readFile(place.at('whole', model)));
    }
    for (const file of ['history.json', 'plan.json']) {
      const [one, other] = [place.at(run, file), place.at('whole', file)];
      const text = (await readFile(one, 'utf8')).replace(`"search": "${run}"`, '"search": "whole"');
      expect(text).toBe(await readFile(other, 'utf8'));
    }
    // No curve was measured twice, and nothing that was refused was tried again.
    expect(typesOf(run).filter((type) => type === 'sensitivity.group')).toHaveLength(curves);
    expect(refusedIn(run)).toEqual(refusedIn('whole'));
  }

  const stops: readonly (readonly [string, (event: SearchEvent) => boolean, number])[] = [
    ['a curve', ({ type }) => type === 'sensitivity.group', 2],
    ['a later curve', ({ type }) => type === 'sensitivity.group', 7],
    ['a refused try', (event) => event.type === 'search.trial' && !event.trial.accepted, 1],
    ['an accepted try', (event) => event.type === 'search.trial' && event.trial.accepted, 2],
    ['a step', ({ type }) => type === 'search.step', 3],
    ['a step of training', ({ type }) => type === 'training.step', 2],
    ['the last cut', ({ type }) => type === 'search.stop', 1],
    ['the last training', (event) => event.type === 'search.step' && event.step.groups.length === 0, 2],
  ];

  it.each(stops)('after %s, where it broke off, ends as if nothing had happened', async (name, isIt, nth) => {
    const run = `broken after ${name}`;
    let left = nth;
    const broken = place.search(run, BUSY, (event) => {
      if (isIt(event) && --left === 0) throw new Error('broken off');
    });
    await expect(broken).rejects.toThrow('broken off');
    // A kill may leave half a line.
    await appendFile(place.at(run, 'events.jsonl'), '{"type":"search.step","step":{"st');
    await expectWhole(run, await place.search(run, { ...BUSY, resume: true }));
  });

  const inTheMidst = stops.filter(([name]) => !/later|accepted|last training/.test(name));
  it.each(inTheMidst)(
    'after %s, where it was aborted, ends as if nothing had happened',
    async (name, isIt, nth) => {
      const run = `aborted after ${name}`;
      const controller = new AbortController();
      let left = nth;
      const part = await place.search(run, { ...BUSY, signal: controller.signal }, (event) => {
        if (isIt(event) && --left === 0) controller.abort(new Error('Ctrl-C'));
      });
      expect(part.reason).toBe('interrupted');
      expect(part.steps).toEqual(whole.steps.slice(0, part.steps.length));
      expect(await modelOf(run, part)).toEqual(await modelOf('whole', part));
      await expectWhole(run, await place.search(run, { ...BUSY, resume: true }));
    },
  );

  it('of a run that had ended changes nothing', async () => {
    const journal = await readFile(place.at('whole', 'events.jsonl'));
    const events: SearchEvent[] = [];
    const again = await place.search('whole', { ...BUSY, resume: true }, (event) => events.push(event));
    await expectWhole('whole', again);
    expect(again.sensitivity).toEqual(whole.sensitivity);
    expect(events.every(({ type }) => type === 'step' || type === 'note' || type === 'training.note')).toBe(
      true,
    );
    expect(await readFile(place.at('whole', 'events.jsonl'))).toEqual(journal);
  });

  it('under other settings is refused', async () => {
    await place.search('settings', { strategy: 'uniform', settings: { seed: 1, target: 'macs=0.5' } });
    const other = { strategy: 'uniform', settings: { seed: 2, target: 'macs=0.5' }, resume: true } as const;
    await expect(place.search('settings', other)).rejects.toMatchObject({
      kind: 'usage',
      code: 'run.other-settings',
      message: expect.stringContaining('seed is 2 now and was 1 when it began'),
    });
  });
});
