import { expect, it } from 'vitest';
import { makeRunPage, type RunPage } from '../page/run-page.ts';
import { journal, judged, openDocument, source, stepOf } from '../page/small-run.case.ts';
import { drawDrop, dropScale } from './drop-plot.ts';
import { tickDecimals } from './plot-style.ts';
import { drawSensitivity, sensitivityScales } from './sensitivity-plot.ts';
import { drawTradeOff } from './trade-off-plot.ts';

const page = makeRunPage(source);
const size = { document: openDocument(), width: 400 };
const count = (plot: Element | undefined, selector: string): number =>
  plot?.querySelectorAll(selector).length ?? -1;
const titles = (plot: Element | undefined): readonly (string | null)[] =>
  [...(plot?.querySelectorAll('title') ?? [])].map((title) => title.textContent);

it('draws the way of a run with whiskers, and what was refused', () => {
  const plot = drawTradeOff(page, 'macs', size);
  expect(plot?.tagName.toLowerCase()).toBe('svg');
  expect(titles(plot)).toEqual([
    'refused: cut 1 at strength 1, top1 0.8700',
    'original: top1 0.9000, 100.0 % of the MACs',
    'step 1: top1 0.8980, 80.0 % of the MACs',
    'step 2: top1 0.8960, 60.0 % of the MACs',
  ]);
  expect(count(plot, '[aria-label="text"] text')).toBe(3);
  // The original's level, the budget, a whisker of the refused try and two of steps: the original has none.
  expect(count(plot, '[aria-label="rule"] line')).toBe(5);
});

it('draws only what was measured, and nothing where nothing was', () => {
  expect(titles(drawTradeOff(page, 'ms', size))).toEqual([
    'original: top1 0.9000, 4.00 ms',
    'step 2: top1 0.8960, 2.50 ms',
  ]);
  expect(drawTradeOff(makeRunPage({ journal }), 'ms', size)).toBeUndefined();
});

it('keeps the scale when a refused try is far off', () => {
  const trial = { ...page.trials[0]!, value: 0.01, dropInterval: null };
  const far: RunPage = { ...page, trials: [trial] };
  const ticks = [
    ...(drawTradeOff(far, 'macs', size)?.querySelectorAll('[aria-label="y-axis tick label"] text') ?? []),
  ];
  expect(Math.min(...ticks.map((tick) => Number(tick.textContent)))).toBeGreaterThan(0.8);
});

it('draws a run of one step without intervals', () => {
  const alone = makeRunPage({
    journal: [{ type: 'search.step', step: stepOf(0, 1e7, judged(0.9, { interval: null, groups: [] })) }],
  });
  expect(titles(drawTradeOff(alone, 'macs', size))).toHaveLength(1);
});

it('draws a curve with its band, and that of the first analysis dashed', () => {
  const { curves } = page.analysis!;
  const scales = sensitivityScales(curves);
  expect(scales.rates).toEqual([0, 0.75]);
  expect(scales.drops[1]).toBeGreaterThan(0.42);
  const plot = drawSensitivity(curves[1]!, scales, size);
  expect(count(plot, '[aria-label="area"] path')).toBe(1);
  expect(count(plot, '[aria-label="line"] path')).toBe(2);
  expect(titles(plot)[0]).toBe(
    '25.0 % less (4 channels): 0.8800, drop 0.0200 (0.0000 to 0.0400), 200 samples',
  );
  const { first: _, ...alone } = curves[1]!;
  const points = alone.points.map((point) => ({ ...point, interval: null }));
  expect(count(drawSensitivity({ ...alone, points }, scales, size), '[aria-label="line"] path')).toBe(1);
});

it('names the rates that there is room for', () => {
  const [point] = page.analysis!.curves[1]!.points;
  const points = [0.125, 0.25, 0.5, 0.625, 0.75, 1].map((rate) => ({ ...point!, rate }));
  const { first: _, ...curve } = page.analysis!.curves[1]!;
  const plot = drawSensitivity({ ...curve, points }, { rates: [0, 1], drops: [0, 1] }, size);
  const labels = [...plot.querySelectorAll('[aria-label="x-axis tick label"] text')];
  expect(labels.map(({ textContent }) => textContent)).toEqual(['100 %', '75 %', '50 %', '25 %', '0']);
});

it('draws a try against what was allowed, within reason', () => {
  const [refused, accepted] = page.trials;
  expect(dropScale([{ ...refused!, drop: 0.8 }])[1]).toBeCloseTo(0.04);
  const scale = dropScale(page.trials);
  expect(drawDrop(refused!, scale, size).outerHTML).toContain('var(--refused)');
  expect(drawDrop(accepted!, scale, size).outerHTML).not.toContain('var(--refused)');
});

it.each([
  [[0, 1], 1],
  [[0.9, 0.93], 3],
  [[0, 40], 0],
] as const)('needs for ticks in %j so many decimals: %d', (range, decimals) => {
  expect(tickDecimals(range)).toBe(decimals);
});
