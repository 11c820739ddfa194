import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Coupling, FIXED } from '../coupling/coupling.ts';
import { keepAll, keptPositions } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse, branchedNet, convOn, dropChannels, residualNet, shuffleNet } from './analysed-net.case.ts';
import { rootLabels } from './cuts.ts';
import { matchesPattern, type PlanLimits, prepareLimits } from './limits.ts';
import { keepOf, makePlan } from './plan-document.ts';

describe('matchesPattern', () => {
  it.each([
    ['head', 'head', true],
    ['head', 'heads', false],
    ['*head', '/model/head', true],
    ['/model.2*/conv', '/model.22/conv', true],
    ['/model.2*/conv', '/modelx22/conv', false],
    ['*', '', true],
    ['a*b*c', 'a-bb-c', true],
    ['(a|b)', 'a', false],
  ])('%s on %s: %s', (pattern, name, matches) => {
    expect(matchesPattern(pattern, name)).toBe(matches);
  });
});

/** Everything may go, the first channels first, as far as the limits let it. */
async function widths(model: ReturnType<typeof residualNet>, limits: PlanLimits) {
  const { traced, coupling } = await analyse(model);
  const scores = Float64Array.from(coupling.classes, (_, id) => id);
  const keep = prepareLimits(traced, coupling, scores, limits).apply(keepAll(coupling).fill(0));
  const layers = traced.nodes.filter((node) => node.opType === 'Conv');
  return Object.fromEntries(
    layers.map((node) => {
      const labels = rootLabels(coupling, traced.nodes.indexOf(node));
      return [node.name, labels.filter((label) => label === FIXED || keep[label] === 1).length];
    }),
  );
}

describe('prepareLimits', () => {
  it('lets branches go altogether where that is allowed', async () => {
    const narrow = { stem: 1, inner: 1, outer: 1, head: 4 };
    expect(await widths(branchedNet(), {})).toEqual(narrow);
    expect(await widths(branchedNet(), { branches: true })).toEqual({ ...narrow, inner: 0 });
    expect(await widths(branchedNet(), { branches: true, maxRatio: 0.5, roundTo: 4 })).toEqual({
      ...{ stem: 4, inner: 0, outer: 4, head: 4 },
    });
    expect(await widths(branchedNet(), { branches: true, ignore: ['inner'] })).toEqual({
      ...narrow,
      inner: 6,
    });
    expect(await widths(branchedNet(2), { branches: true })).toEqual({
      ...{ stem: 1, inner: 0, outer: 1, inner2: 1, outer2: 1, head: 4 },
    });
  });

  it('keeps a tenth of every layer unless told otherwise, and at least one channel', async () => {
    expect(await widths(residualNet(), {})).toEqual({ first: 1, second: 2, third: 2, head: 4 });
    expect(await widths(residualNet(), { maxRatio: 0.5 })).toEqual({
      first: 4,
      second: 6,
      third: 6,
      head: 4,
    });
    // Of layers that were wider once, the share is one of what they had.
    expect(await widths(residualNet(), { maxRatio: 0.5, widths: { first_out: 12, second_out: 40 } })).toEqual(
      {
        ...{ first: 6, second: 12, third: 12, head: 4 },
      },
    );
    expect(await widths(residualNet(), { maxRatio: 1 })).toEqual({ first: 1, second: 1, third: 1, head: 4 });
    expect(await widths(residualNet(), { maxRatio: 0 })).toEqual({
      first: 8,
      second: 12,
      third: 12,
      head: 4,
    });
  });

  it('rounds widths up to a multiple, or to the whole', async () => {
    expect(await widths(residualNet(), { roundTo: 4 })).toEqual({ first: 4, second: 4, third: 4, head: 4 });
    expect(await widths(residualNet(), { roundTo: 8 })).toEqual({ first: 8, second: 8, third: 8, head: 4 });
    expect(await widths(residualNet(), { roundTo: 8, maxRatio: 0.3 })).toMatchObject({ second: 12 });
  });

  it('rounds the widths of grouped layers by whole blocks', async () => {
    // A width that 3 blocks and 2 blocks share equally and 4 divides is 12 only.
    expect(await widths(shuffleNet(), { roundTo: 4 })).toEqual({ first: 12, grouped: 12, mixed: 4, head: 4 });
    expect(await widths(shuffleNet(), {})).toEqual({ first: 3, grouped: 6, mixed: 2, head: 4 });
  });

  it('leaves ignored layers alone, by pattern, with all that is tied to them', async () => {
    const all = { first: 1, second: 2, third: 2, head: 4 };
    expect(await widths(residualNet(), { ignore: ['first'] })).toEqual({ ...all, first: 8 });
    expect(await widths(residualNet(), { ignore: ['th*_out'] })).toEqual({ ...all, second: 12, third: 12 });
    expect(await widths(residualNet(), { ignore: ['nobody'] })).toEqual(all);
  });

  it('brings the best channels back, and nothing else', async () => {
    const { traced, coupling } = await analyse(residualNet());
    const scores = new Float64Array(coupling.classes.length);
    const labels = rootLabels(
      coupling,
      traced.nodes.findIndex(({ name }) => name === 'first'),
    );
    for (const [channel, score] of [5, 1, 9, 2, 8, 3, 7, 4].entries()) scores[labels[channel]!] = score;
    const limiter = prepareLimits(traced, coupling, scores, { maxRatio: 0.75 });
    const wished = dropChannels(traced, coupling, { first_out: [0, 1, 2, 3, 4, 5, 6, 7], second_out: [3] });
    expect(limiter.apply(wished)).toEqual(
      dropChannels(traced, coupling, { first_out: [0, 1, 3, 5, 6, 7], second_out: [3] }),
    );
  });

  it('never empties a part: a slice keeps one channel of its own', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g);
    const first = conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'first');
    const [a, b] = g.nodes('Split', [first, g.integers([3, 5])], { axis: 1 }, 2) as [string, string];
    g.output(g.node('Add', [conv(a, 3, 4, 'left'), conv(b, 5, 4, 'right')]));
    const { traced, coupling } = await analyse(g.model());
    const scores = Float64Array.from(coupling.classes, (_, id) => id);
    const labels = rootLabels(coupling, 0);
    const limiter = prepareLimits(traced, coupling, scores, { maxRatio: 0.5 });
    const keep = limiter.apply(dropChannels(traced, coupling, { first_out: [0, 1, 2] }));
    expect(labels.map((label) => keep[label])).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  });

  it('balances again when a part gets a channel back', async () => {
    const { traced, coupling } = await analyse(splitIntoBlocks());
    const labels = rootLabels(coupling, 0);
    // Channel 0 is the worst of its block, but the only one of its part.
    const scores = new Float64Array(coupling.classes.length);
    for (const [channel, label] of labels.entries()) scores[label] = channel;
    const limiter = prepareLimits(traced, coupling, scores, {});
    const keep = limiter.apply(dropChannels(traced, coupling, { first_out: [0, 1, 2, 3, 4, 5, 6] }));
    isValid(coupling, keep);
    expect(keep[labels[0]!] === 1 || keep[labels[1]!] === 1).toBe(true);
  });

  it('makes a valid choice of every wish', async () => {
    const nets = await Promise.all([residualNet(), shuffleNet(), splitIntoBlocks()].map(analyse));
    const wishes = fc.record({
      net: fc.constantFrom(...nets),
      bits: fc.infiniteStream(fc.boolean()),
      scores: fc.infiniteStream(fc.integer({ min: -3, max: 3 })),
      roundTo: fc.integer({ min: 1, max: 5 }),
      maxRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(wishes, ({ net: { traced, coupling }, bits, scores, ...limits }) => {
        const wished = keepAll(coupling).map(() => (bits.next().value ? 1 : 0));
        const drawn = Float64Array.from(coupling.classes, () => scores.next().value);
        const limiter = prepareLimits(traced, coupling, drawn, limits);
        const keep = limiter.apply(wished);
        isValid(coupling, keep);
        for (const [id, bit] of keep.entries()) if (bit === 0) expect(limiter.cuttable[id]).toBe(1);
        // What is valid as a plan is what the limits let through.
        expect(keepOf(traced, coupling, makePlan(traced, coupling, keep))).toEqual(keep);
        // And what they let through, they let through again.
        expect(limiter.apply(keep)).toEqual(keep);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

/** first 8 → split 2 + 6 → swapped by Concat → grouped in 2 blocks of 4 → head. */
function splitIntoBlocks() {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const first = conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'first');
  const [a, b] = g.nodes('Split', [first, g.integers([2, 6])], { axis: 1 }, 2) as [string, string];
  const swapped = g.node('Concat', [b, a], { axis: 1 });
  g.output(conv(conv(swapped, 8, 8, 'grouped', 2), 8, 4, 'head'));
  return g.model();
}

function isValid(coupling: Coupling, keep: Uint8Array): void {
  for (const axes of coupling.values.values()) {
    for (const { labels } of axes) expect(keptPositions([labels], keep)?.length).not.toBe(0);
  }
  for (const { blocks } of coupling.constraints) {
    const counts = blocks.map(
      (block) => block.filter((label) => label === FIXED || keep[label] === 1).length,
    );
    expect(new Set(counts).size).toBe(1);
  }
}
