import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustLevels, chooseByKnapsack, chooseGreedily, type LevelProblem } from './choose-levels.ts';

/** A chain of layers over menus of widths: each layer's time is bilinear in its two widths. */
function chainOf(menus: readonly (readonly number[])[], importance: readonly number[]): LevelProblem {
  const latency = (levels: readonly number[]): number => {
    const widths = levels.map((level, group) => menus[group]![level]!);
    const layers = [3, ...widths].map((inputs, at) => inputs * (widths[at] ?? 10));
    return 5 + layers.reduce((sum, product) => sum + product, 0) / 16 + widths.reduce((a, b) => a + b, 0);
  };
  const values = menus.map((widths, group) =>
    widths.map((width) => importance[group]! * Math.log(width / widths[0]!)),
  );
  return { values, latency };
}

const worthOf = ({ values }: LevelProblem, levels: readonly number[]): number =>
  levels.reduce((sum, level, group) => sum + values[group]![level]!, 0);

/** Every choice there is. */
function listChoices({ values }: LevelProblem): readonly (readonly number[])[] {
  return values.reduce<readonly (readonly number[])[]>(
    (choices, menu) => choices.flatMap((levels) => menu.map((_, level) => [...levels, level])),
    [[]],
  );
}

/** The most value within the budget; undefined where nothing meets it. */
function bestValue(problem: LevelProblem, ms: number): number | undefined {
  const met = listChoices(problem).filter((levels) => problem.latency(levels) <= ms);
  return met.length === 0 ? undefined : Math.max(...met.map((levels) => worthOf(problem, levels)));
}

const widths = fc
  .uniqueArray(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 5 })
  .map((steps) => [...steps].sort((a, b) => b - a).map((step) => 4 * step));
const problems = fc
  .array(fc.tuple(widths, fc.double({ min: 0.1, max: 3, noNaN: true })), { minLength: 1, maxLength: 4 })
  .map((groups) =>
    chainOf(
      groups.map(([menu]) => menu),
      groups.map(([, importance]) => importance),
    ),
  );
const fractions = fc.double({ min: 0.05, max: 1.1, noNaN: true });
const seeded = { seed: 5, numRuns: 300 } as const;

describe.each([
  ['chooseGreedily', chooseGreedily],
  ['chooseByKnapsack', chooseByKnapsack],
])('%s', (_, choose) => {
  it('meets every budget that can be met, and is the fastest choice where none can', () => {
    fc.assert(
      fc.property(problems, fractions, (problem, fraction) => {
        const whole = problem.latency(problem.values.map(() => 0));
        const narrowest = problem.latency(problem.values.map((menu) => menu.length - 1));
        const { levels, ms } = choose(problem, fraction * whole);
        expect(ms).toBe(problem.latency(levels));
        expect(levels).toHaveLength(problem.values.length);
        if (narrowest <= fraction * whole) expect(ms).toBeLessThanOrEqual(fraction * whole);
        else expect(ms).toBeCloseTo(narrowest, 9);
      }),
      seeded,
    );
  });

  it('leaves everything as it is where the budget allows it', () => {
    const problem = chainOf(
      [
        [16, 8],
        [32, 16, 8],
      ],
      [1, 1],
    );
    const whole = problem.latency([0, 0]);
    expect(choose(problem, whole)).toEqual({ levels: [0, 0], ms: whole });
    expect(choose({ values: [], latency: () => 3 }, 2)).toEqual({ levels: [], ms: 3 });
  });

  it('jumps over levels that save nothing', () => {
    const ms = [10, 10, 10, 5];
    const problem = { values: [[0, -1, -2, -3]], latency: ([level]: readonly number[]) => ms[level!]! };
    expect(choose(problem, 6)).toEqual({ levels: [3], ms: 5 });
  });

  it('goes on where a group saves only once another one has become narrow', () => {
    // Two branches that run at once: the slower one counts.
    const problem = {
      values: [
        [0, -1],
        [0, -1, -4],
      ],
      latency: ([a, b]: readonly number[]) => 1 + Math.max([8, 2][a!]!, [9, 5, 1][b!]!),
    };
    expect(choose(problem, 4)).toEqual({ levels: [1, 2], ms: 3 });
  });
});

describe('chooseByKnapsack', () => {
  it('never keeps less than the greedy choice, and nearly always all that can be kept', () => {
    let [found, regret, greedyRegret] = [0, 0, 0];
    fc.assert(
      fc.property(problems, fractions, (problem, fraction) => {
        const ms = fraction * problem.latency(problem.values.map(() => 0));
        const most = bestValue(problem, ms);
        if (most === undefined) return;
        const value = worthOf(problem, chooseByKnapsack(problem, ms).levels);
        const greedy = worthOf(problem, chooseGreedily(problem, ms).levels);
        expect(value).toBeGreaterThanOrEqual(greedy - 1e-9);
        expect(value).toBeLessThanOrEqual(most + 1e-9);
        found++;
        regret += most - value;
        greedyRegret += most - greedy;
      }),
      seeded,
    );
    expect(found).toBeGreaterThan(100);
    expect(regret / found).toBeLessThan(0.05);
    expect(regret).toBeLessThan(greedyRegret / 2);
  });
});

describe('adjustLevels', () => {
  it('only narrows what is too slow, only widens what is fast enough, and meets what can be met', () => {
    const starts = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(problems, fractions, starts, (problem, fraction, start) => {
        const from = problem.values.map((menu, group) => Math.floor(start[group]! * menu.length));
        const ms = fraction * problem.latency(problem.values.map(() => 0));
        const narrowest = problem.latency(problem.values.map((menu) => menu.length - 1));
        const choice = adjustLevels(problem, from, ms);
        expect(choice.ms).toBe(problem.latency(choice.levels));
        if (narrowest <= ms) expect(choice.ms).toBeLessThanOrEqual(ms);
        if (problem.latency(from) > ms) return;
        for (const [group, level] of choice.levels.entries()) expect(level).toBeLessThanOrEqual(from[group]!);
      }),
      seeded,
    );
  });

  it('leaves a choice as it is where no other one is nearer', () => {
    const problem = chainOf(
      [
        [16, 8],
        [32, 16, 8],
      ],
      [1, 1],
    );
    expect(adjustLevels(problem, [1, 1], problem.latency([1, 1]))).toEqual({
      levels: [1, 1],
      ms: problem.latency([1, 1]),
    });
  });
});
