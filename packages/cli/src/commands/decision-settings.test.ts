import { describe, expect, it } from 'vitest';
import { searchRun, trainedRun } from '../describe/described-runs.case.ts';
import { resolveOptions } from '../options/resolve-options.ts';
import { parseWeights, settleDecision } from './decision-settings.ts';

const asked = (flags: Parameters<typeof resolveOptions>[1]) => {
  const { values: options, sources } = resolveOptions('compare', flags, {}, undefined);
  return { options, sources };
};
const run = searchRun({ maxDrop: '3%', confidence: 0.8 });

describe('settleDecision', () => {
  it('takes what a run was asked, unless something else is typed', () => {
    expect(settleDecision(asked({}), run, true)).toEqual({
      weights: { accuracy: 1, latency: 1, size: 0, memory: 0 },
      ...{ rule: 'fastest', maxDrop: 0.03, confidence: 0.8 },
    });
    const typed = asked({ maxDrop: '0.5%', confidence: '0.6', pick: 'knee', weights: ['size=2'] });
    expect(settleDecision(typed, run, true)).toEqual({
      weights: { accuracy: 0, latency: 0, size: 2, memory: 0 },
      ...{ rule: 'knee', maxDrop: 0.005, confidence: 0.6 },
    });
  });

  it("knows of models what is typed, and of other programs' runs as much", () => {
    const usual = { maxDrop: 0.01, confidence: 0.9 };
    expect(settleDecision(asked({}), undefined, true)).toMatchObject({ ...usual, rule: 'weighted' });
    expect(settleDecision(asked({ maxDrop: '1%' }), undefined, true)).toMatchObject({ rule: 'fastest' });
    expect(settleDecision(asked({}), trainedRun(), true)).toMatchObject(usual);
  });

  it('counts no accuracy that nobody knows, and refuses where it should', () => {
    expect(settleDecision(asked({}), undefined, false).weights).toMatchObject({ accuracy: 0, latency: 1 });
    const wanted = asked({ weights: ['accuracy=1,size=1'] });
    expect(() => settleDecision(wanted, undefined, false)).toThrow(/nothing tells how accurate/);
    expect(settleDecision(asked({ weights: ['size=1'] }), undefined, false).weights.size).toBe(1);
  });
});

describe('parseWeights', () => {
  it('reads names and numbers, in one text or several', () => {
    expect(parseWeights([])).toBeUndefined();
    expect(parseWeights(['accuracy=2, latency=.5', 'memory=0'])).toEqual({
      ...{ accuracy: 2, latency: 0.5, size: 0, memory: 0 },
    });
  });

  it.each([
    ['acuracy=1', 'compare.unknown-weight', 'Did you mean accuracy?'],
    ['energy=1', 'compare.unknown-weight', 'Name some of accuracy, latency, size, memory.'],
    ['', 'compare.unknown-weight', 'Name some of accuracy, latency, size, memory.'],
    ['size', 'compare.bad-weight', 'Write names'],
    ['size=-1', 'compare.bad-weight', 'Write names'],
    ['size=1=2', 'compare.bad-weight', 'Write names'],
    ['size=1,size=2', 'compare.bad-weight', 'Write names'],
    ['size=0,accuracy=0', 'compare.bad-weight', 'Write names'],
  ])('refuses %j with %s', (text, code, hint) => {
    expect(() => parseWeights([text])).toThrow(
      expect.objectContaining({ kind: 'usage', code, hint: expect.stringContaining(hint) }),
    );
  });
});
