import { describe, expect, it } from 'vitest';
import { fitBudget } from './fit-budget.ts';

describe('fitBudget', () => {
  it('is the usual point where the samples tell it', () => {
    // t(0.9, 9 degrees) = 1.383
    expect(fitBudget({ samples: 10_000, spread: 0.2 })).toEqual({
      ...{ maxDrop: 0.01, confidence: 0.9, decidable: true },
      margin: expect.closeTo(1.383 * 0.002, 5),
    });
  });

  it('grows in half points until the first cut may cost more than the error', () => {
    const budget = fitBudget({ samples: 1000, spread: 0.2 });
    expect(budget).toMatchObject({ maxDrop: 0.02, confidence: 0.9 });
    expect(budget.margin).toBeLessThanOrEqual(budget.maxDrop / 2);
    expect(budget.margin).toBeGreaterThan((budget.maxDrop - 0.005) / 2);
    // One cut may spend it all.
    expect(fitBudget({ samples: 1000, spread: 0.2, stepShare: 1 }).maxDrop).toBe(0.01);
  });

  it('gives up certainty before the budget exceeds three points', () => {
    expect(fitBudget({ samples: 200, spread: 0.2 })).toMatchObject({ maxDrop: 0.025, confidence: 0.8 });
    expect(fitBudget({ samples: 120, spread: 0.2 })).toMatchObject({ confidence: 0.7, decidable: true });
  });

  it('says so where a handful of samples decides nothing', () => {
    expect(fitBudget({ samples: 20, spread: 0.2 })).toMatchObject({
      ...{ maxDrop: 0.03, confidence: 0.5, decidable: false },
    });
  });

  it('takes no margin where nothing varies', () => {
    expect(fitBudget({ samples: 20, spread: 0 })).toEqual({
      ...{ maxDrop: 0.01, confidence: 0.9, margin: 0, decidable: true },
    });
  });
});
