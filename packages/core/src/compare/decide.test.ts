import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecisionOptions, decide, findKnee } from './decide.ts';
import { dominates } from './pareto.ts';
import { type Candidate, type DecisionWeights, meanSpeedup } from './score.ts';

const BOTH: DecisionWeights = { accuracy: 1, latency: 1, size: 0, memory: 0 };

/** A candidate whose numbers are known to `doubt` to either side. */
function candidate(name: string, drop: number, speedup: number, doubt = 0, bytes = 100): Candidate {
  const around = (value: number) => ({ value, interval: [value - doubt, value + doubt] as const });
  return {
    name,
    drop: { ...around(drop), worst: drop + doubt },
    speedups: [around(speedup)],
    bytes,
    memoryBytes: bytes,
  };
}

const run = [
  candidate('original', 0, 1),
  candidate('step 1', 0.002, 1.5),
  candidate('step 2', 0.004, 1.4),
  candidate('step 3', 0.02, 1.6),
];
const ask = (
  candidates: readonly Candidate[],
  rule: DecisionOptions['rule'],
  options: Partial<DecisionOptions> = {},
) => decide(candidates, { weights: BOTH, maxDrop: 0.01, ...options, rule });

describe('decide', () => {
  it('tells who is behind whom, and whether that is more than noise', () => {
    const { standings } = ask(run, 'weighted');
    expect(standings.map(({ behind }) => behind)).toEqual([null, null, { candidate: 1, clear: true }, null]);
    const unsure = [candidate('original', 0, 1, 0.2), candidate('step 1', 0.001, 0.9, 0.2)];
    expect(ask(unsure, 'weighted').standings[1]!.behind).toEqual({ candidate: 0, clear: false });
  });

  it('weighs only what has a weight', () => {
    const smaller = [...run, candidate('tiny', 0.02, 1.6, 0, 10)];
    expect(ask(smaller, 'weighted').standings.map(({ behind }) => behind?.candidate)).toEqual([
      ...[undefined, undefined, 1],
      ...[undefined, undefined],
    ]);
    const bySize = ask(smaller, 'weighted', { weights: { ...BOTH, accuracy: 0, latency: 0, size: 1 } });
    expect(bySize.pick).toBe(4);
    expect(bySize.standings.map(({ behind }) => behind?.candidate)).toEqual([4, 4, 4, 4, undefined]);
  });

  it('picks by score', () => {
    const { standings, pick } = ask(run, 'weighted');
    expect(pick).toBe(1);
    expect(standings[1]!.score).toBeCloseTo(Math.sqrt(1.5 * 2 ** -0.2), 12);
  });

  it('picks the fastest whose drop surely is allowed, and of equally fast ones the better', () => {
    expect(ask(run, 'fastest').pick).toBe(1);
    expect(ask(run, 'fastest', { maxDrop: 0.02 }).pick).toBe(3);
    const doubtful = [run[0]!, candidate('step 1', 0.009, 1.5, 0.002)];
    expect(ask(doubtful, 'fastest').pick).toBe(0);
    const equal = [run[0]!, candidate('step 1', 0.004, 1.5), candidate('step 2', 0.002, 1.5)];
    expect(ask(equal, 'fastest').pick).toBe(2);
  });

  it('picks the knee among the members of the front', () => {
    const front = [run[0]!, candidate('a', 0.001, 2), candidate('b', 0.008, 2.2), candidate('c', 0.01, 2.3)];
    expect(ask(front, 'knee').pick).toBe(1);
  });

  it('decides where nothing was judged', () => {
    const unjudged = run.map(({ drop: _, ...rest }) => rest);
    expect(ask(unjudged, 'fastest').pick).toBe(3);
    expect(ask(unjudged, 'weighted').standings.map(({ behind }) => behind?.candidate)).toEqual([
      ...[3, 3, 3],
      undefined,
    ]);
  });

  const anyCandidates = fc.array(
    fc
      .record({
        drop: fc.integer({ min: -2, max: 9 }),
        speed: fc.integer({ min: 1, max: 9 }),
        bytes: fc.integer({ min: 1, max: 9 }),
      })
      .map(({ drop, speed, bytes }) => candidate('any', drop / 1000, speed / 4, 0, bytes)),
    { minLength: 1, maxLength: 10 },
  );

  it.each(['weighted', 'fastest', 'knee'] as const)(
    '%s never picks what something else dominates',
    (rule) => {
      const weights = { accuracy: 1, latency: 2, size: 0.5, memory: 0 };
      fc.assert(
        fc.property(anyCandidates, (others) => {
          const candidates = [candidate('original', 0, 1, 0, 9), ...others];
          const { pick } = ask(candidates, rule, { weights });
          const better = candidates.filter((other) =>
            dominates(other, candidates[pick]!, [
              { better: 'lower', numberOf: ({ drop }) => drop!.value },
              { better: 'higher', numberOf: meanSpeedup },
              // The fastest is picked by speed, then by the drop, and by nothing else.
              ...(rule === 'fastest'
                ? []
                : [{ better: 'lower', numberOf: ({ bytes }: Candidate) => bytes } as const]),
            ]),
          );
          expect(better).toEqual([]);
        }),
      );
    },
  );
});

it('findKnee takes the first of ends that are equally good', () => {
  const costs = (accuracy: number, latency: number) => ({ accuracy, latency, size: 1, memory: 1 });
  expect(findKnee([costs(0, 1), costs(1, 0)], BOTH)).toBe(0);
  expect(findKnee([costs(0, 1), costs(0.2, 0.2), costs(1, 0)], BOTH)).toBe(1);
  expect(findKnee([costs(0, 1), costs(1, 0)], { ...BOTH, latency: 3 })).toBe(1);
});
