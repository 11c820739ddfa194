import { readFile } from 'node:fs/promises';
import { decodeModel } from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lawfulDevice } from '../latency/lawful-device.case.ts';
import { readJournal } from '../runs/journal.ts';
import type { SearchResult } from './run-search.ts';
import type { SearchEvent } from './search-events.ts';
import { faintNet, openSearchPlace, type SearchPlace, type SearchWishes } from './searched-net.case.ts';

let place: SearchPlace;
beforeAll(async () => {
  place = await openSearchPlace();
});
afterAll(() => place.close());

const HALF = { target: { measure: 'latency', kept: 0.5 }, maxDrop: 0.2, deterministic: false } as const;

/** A device on which pairs of channels are free, and of which multiplications matter more than calls. */
const device = () => lawfulDevice({ step: 2, macMs: 1e-5 });

async function search(run: string, wishes: SearchWishes = {}, listen?: (event: SearchEvent) => void) {
  const own = device();
  const result = await place.search(run, { ...HALF, latency: { device: own }, ...wishes }, listen);
  return { ...result, device: own };
}

const trueFraction = async (run: string, { steps }: SearchResult, step = steps.length - 1) => {
  const timeOf = async (at: number) =>
    device().timeOf(decodeModel(await readFile(place.at(run, steps[at]!.model))));
  return (await timeOf(step)) / (await timeOf(0));
};

describe('a search for a latency', () => {
  it.each(['iterative', 'progressive', 'one-shot'] as const)('meets it, %s', async (strategy) => {
    const run = `latency-${strategy}`;
    const result = await search(run, { strategy });
    expect(result.reason).toBe('target');
    expect(result.target).toEqual(HALF.target);
    const fractions = result.steps.map(({ latency }) => latency!.fraction.value);
    expect(fractions).toEqual([...fractions].sort((a, b) => b - a));
    expect(fractions.at(-1)).toBeLessThanOrEqual(0.505);
    expect(fractions.at(-1)).toBeGreaterThan(0.35);
    for (const [step, { latency, proof }] of result.steps.entries()) {
      expect(Math.abs((await trueFraction(run, result, step)) / latency!.fraction.value - 1)).toBeLessThan(
        0.02,
      );
      expect(latency!.device).toBe(result.device.description.fingerprint);
      expect(proof).toBe(step === 0 ? null : 'proven');
    }
    expect(result.sensitivity !== undefined).toBe(strategy === 'iterative');
    if (strategy === 'one-shot') expect(result.steps).toHaveLength(2);
    else expect(result.steps.length).toBeGreaterThan(3);
  });

  it('meets milliseconds of the original as it was measured at the start', async () => {
    const ms = 0.55 * device().timeOf(faintNet());
    const { steps, target, reason } = await search('latency-ms', {
      ...{ strategy: 'progressive', target: { measure: 'latency', ms } },
    });
    expect(reason).toBe('target');
    expect(target).toEqual({ measure: 'latency', kept: ms / steps[0]!.latency!.ms });
    expect(steps.at(-1)!.latency!.ms).toBeLessThanOrEqual(1.01 * ms);
  });

  it('tries weaker cuts, which are slower, where one costs too much', async () => {
    const { trials, reason, steps } = await search('latency-weaker', {
      ...{ strategy: 'one-shot', target: { measure: 'latency', kept: 0.3 }, maxDrop: 0.1, confidence: 0.5 },
    });
    expect(reason).toBe('budget');
    expect(trials[0]).toMatchObject({ strength: 1, accepted: false });
    const fractions = trials.map(({ latency }) => latency!.fraction.value);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(steps.at(-1)!.latency).toEqual(trials.find(({ accepted }) => accepted)?.latency);
  });

  it('goes on after a kill with what it had measured', async () => {
    const listen = (event: SearchEvent) => {
      if (event.type === 'search.step' && event.step.step === 2) throw new Error('killed');
    };
    const wishes = { strategy: 'progressive' } as const;
    await expect(search('latency-resumed', wishes, listen)).rejects.toThrow('killed');
    const before = readJournal(place.at('latency-resumed', 'events.jsonl'));
    const { steps, reason } = await search('latency-resumed', { ...wishes, resume: true });
    expect(reason).toBe('target');
    const stepsBefore = (before as readonly SearchEvent[]).flatMap((event) =>
      event.type === 'search.step' ? [event.step] : [],
    );
    expect(stepsBefore).toHaveLength(3);
    expect(steps.slice(0, 3)).toEqual(stepsBefore);
  });

  it('does not mix the times of two devices in a run', async () => {
    const wishes = { strategy: 'progressive', iterations: 1 } as const;
    await search('latency-mixed', wishes);
    const other = { latency: { device: lawfulDevice({ step: 4 }) }, resume: true };
    await expect(search('latency-mixed', { ...wishes, ...other })).rejects.toMatchObject({
      code: 'run.other-device',
    });
  });

  it('keeps what it learned of the device for the next cut, and for its caller', async () => {
    let learned = 0;
    const own = device();
    await place.search('latency-learned', {
      ...{ ...HALF, strategy: 'progressive' },
      latency: {
        device: own,
        onLearned: async () => {
          learned += 1;
        },
      },
    });
    expect(learned).toBeGreaterThan(2);
    const stairs = own.sent.filter((name) => name.includes('stair')).length;
    const again = device();
    await place.search('latency-again', {
      ...{ ...HALF, strategy: 'progressive', iterations: 1 },
      latency: { device: again },
    });
    expect(again.sent.filter((name) => name.includes('stair'))).toHaveLength(stairs);
  });

  it('refuses what it cannot do', async () => {
    await expect(search('latency-uniform', { strategy: 'uniform' })).rejects.toMatchObject({
      code: 'run.bad-target',
    });
    await expect(search('latency-repeatable', { deterministic: true })).rejects.toMatchObject({
      code: 'run.not-deterministic',
    });
    await expect(place.search('latency-nowhere', HALF)).rejects.toMatchObject({ code: 'run.bad-target' });
    await expect(
      search('latency-far', { strategy: 'progressive', limits: { ignore: ['*'] } }),
    ).rejects.toMatchObject({ code: 'latency.unreachable' });
  });
});
