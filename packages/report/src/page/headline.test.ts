import { expect, it } from 'vitest';
import { formatDrop, formatHeadline, formatOutcome } from './headline.ts';
import { makeRunPage } from './run-page.ts';
import { facts, journal, source } from './small-run.case.ts';

const page = makeRunPage(source);

it('is one line on what a run came to', () => {
  expect(formatHeadline(page)).toBe('60.0 % of the MACs, 1.60x as fast, top1 −0.4 points');
  expect(formatHeadline(makeRunPage({ journal }))).toBe('60.0 % of the MACs, top1 −0.4 points');
  expect(formatHeadline(makeRunPage({ journal: journal.slice(0, 1) }))).toBe('Nothing was cut');
  expect(formatHeadline(makeRunPage({ journal: [] }))).toBe('Nothing is judged yet');
});

it('says what was asked, how it ended and how sure the loss is', () => {
  expect(formatOutcome(page)).toBe(
    'Asked were 60.0 % of the MACs, with at most 2.0 points of top1 lost at 90.0 % confidence. The target is reached. 2 cuts accepted. The drop is at most 1.2 points at that confidence, on 500 samples that nothing was learned from.',
  );
  expect(formatOutcome(makeRunPage({ journal: journal.slice(0, 5) }))).toBe(
    'The run is not finished: 1 cut so far.',
  );
  const ended = [
    journal[0]!,
    { type: 'search.stop', reason: 'budget' },
    { type: 'search.end', reason: 'budget', best: 0 },
  ];
  expect(formatOutcome(makeRunPage({ journal: ended as typeof journal, facts }))).toContain(
    'Further cuts cost more than the accuracy budget allows, even at a fraction of their strength. 0 cuts accepted.',
  );
});

it.each([
  [true, true, 0.0042, '−0.4 points'],
  [true, true, -0.01, '+1.0 points'],
  [true, true, 0.0001, '±0.0 points'],
  [true, false, 1.5, '−1.5000'],
  // Of a loss less is better: a drop is a rise.
  [false, false, 0.25, '+0.2500'],
])(
  'signs a change (higher is better: %s, a share: %s) of %d as %s',
  (higherIsBetter, isShare, drop, text) => {
    expect(formatDrop({ name: 'm', samples: 1, higherIsBetter, isShare }, drop)).toBe(text);
  },
);
