// The metric against what it costs, step by step: the path from the original to the last model, and beside it what was refused.
import type { Interval } from '@espalier/core';
import * as Plot from '@observablehq/plot';
import type { RunPage } from '../page/run-page.ts';
import { formatMs, formatPercent, formatScore } from '../text/units.ts';
import { COLOURS, type PlotSize, plotFrame, tickDecimals } from './plot-style.ts';

/** What the metric is held against. */
export type TradeOffAxis = 'macs' | 'params' | 'ms';

/** How far below the accepted steps a refused try is still drawn where it lies, in ranges of the accepted ones; others lie at the edge. */
const REACH = 0.6;
const ASPECT = 0.66;

interface Mark {
  readonly x: number;
  readonly xInterval: Interval | null;
  readonly y: number;
  readonly yInterval: Interval | null;
  readonly label: string;
  readonly title: string;
}

const AXES = {
  macs: { label: 'MACs kept', ticks: (x: number) => `${Math.round(100 * x)} %` },
  params: { label: 'parameters kept', ticks: (x: number) => `${Math.round(100 * x)} %` },
  ms: { label: 'milliseconds per run', ticks: (x: number) => String(x) },
} as const;

/**
 * Draws the metric against a cost; undefined where no step has been measured that way. Whiskers are 95 % intervals: upright of the drop against the
 * original, which has none, and across of the time.
 */
export function drawTradeOff(page: RunPage, axis: TradeOffAxis, size: PlotSize): Element | undefined {
  const steps = markSteps(page, axis);
  if (steps.length === 0) return undefined;
  const refused = markRefused(page, axis);
  const { asked, metric } = page;
  const first = page.steps[0]!.value;
  const least = asked && (metric.higherIsBetter ? first - asked.maxDrop : first + asked.maxDrop);
  const domain = rangeOf(steps, refused, least);
  const clamp = (y: number): number => clampTo(y, ...domain);
  const decimals = tickDecimals(domain);
  const ticks = Math.round(size.width / 90);
  const lines: readonly Plot.Markish[] = [
    Plot.ruleY([first], { stroke: COLOURS.faint, strokeDasharray: '1 3' }),
    least !== undefined
      ? Plot.ruleY([least], { stroke: COLOURS.refused, strokeDasharray: '5 4', strokeOpacity: 0.8 })
      : null,
  ];
  return Plot.plot({
    ...plotFrame(size),
    height: Math.round(size.width * ASPECT),
    ...{ marginLeft: 52, marginRight: 24, marginTop: 26, marginBottom: 42 },
    x: { label: AXES[axis].label, nice: true, tickFormat: AXES[axis].ticks, ticks, inset: 12 },
    y: { label: metric.name, domain, grid: true, ticks: 6, tickFormat: (y: number) => y.toFixed(decimals) },
    marks: [...lines, ...markTries(refused, clamp), ...markPath(steps)],
  });
}

function markTries(refused: readonly Mark[], clamp: (y: number) => number): readonly Plot.Markish[] {
  const known = refused.filter(({ yInterval }) => yInterval !== null);
  const end = (at: 0 | 1) => (mark: Mark) => clamp(mark.yInterval![at]);
  return [
    Plot.ruleX(known, { x: 'x', y1: end(0), y2: end(1), stroke: COLOURS.refused, strokeOpacity: 0.2 }),
    Plot.dot(refused, {
      ...{ x: 'x', y: (mark: Mark) => clamp(mark.y), title: 'title' },
      ...{ symbol: 'times', r: 4, stroke: COLOURS.refused, strokeOpacity: 0.6 },
    }),
  ];
}

function markPath(steps: readonly Mark[]): readonly Plot.Markish[] {
  const whisker = { stroke: COLOURS.accent, strokeWidth: 1.5, strokeOpacity: 0.45 };
  const yEnd = (at: 0 | 1) => (mark: Mark) => mark.yInterval![at];
  const xEnd = (at: 0 | 1) => (mark: Mark) => mark.xInterval![at];
  const upright = steps.filter(({ yInterval }) => yInterval !== null);
  const across = steps.filter(({ xInterval }) => xInterval !== null);
  const halo = { fill: COLOURS.ink, stroke: 'var(--paper)', strokeWidth: 3 };
  const label = { x: 'x', y: 'y', text: 'label', dy: -10, fontWeight: 600, ...halo } as const;
  const [original, ...others] = steps;
  return [
    Plot.line(steps, { x: 'x', y: 'y', stroke: COLOURS.accent, strokeWidth: 1.5 }),
    Plot.ruleX(upright, { x: 'x', y1: yEnd(0), y2: yEnd(1), ...whisker }),
    Plot.ruleY(across, { y: 'y', x1: xEnd(0), x2: xEnd(1), ...whisker }),
    Plot.dot(steps, {
      ...{ x: 'x', y: 'y', r: 4.5, title: 'title' },
      ...{ fill: COLOURS.accent, stroke: 'var(--paper)', strokeWidth: 1.5 },
    }),
    Plot.text(others.filter(isLabelled), { ...label, dx: 7, textAnchor: 'start' }),
    // The costliest has room to its left; another, as times can be, has it below.
    Plot.text(original ? [original] : [], {
      ...label,
      ...(others.every(({ x }) => x <= original!.x)
        ? { dx: 6, textAnchor: 'end' }
        : { dx: 7, dy: 14, textAnchor: 'start' }),
    }),
  ];
}

function isLabelled(_: Mark, index: number, { length }: readonly Mark[]): boolean {
  // Of many steps only some have room for a number.
  const every = Math.ceil(length / 8);
  return index === length - 1 || (index % every === 0 && length - 1 - index >= every);
}

function markSteps({ steps, metric }: RunPage, axis: TradeOffAxis): readonly Mark[] {
  const first = steps[0]?.value ?? 0;
  return steps.flatMap(({ step, kept, latency, value, dropInterval }) => {
    const x = axis === 'ms' ? latency?.medianMs.value : kept[axis];
    if (x === undefined || !Number.isFinite(value)) return [];
    const told =
      axis === 'ms' ? formatMs(x) : `${formatPercent(x)} of the ${axis === 'macs' ? 'MACs' : 'parameters'}`;
    return [
      {
        ...{ x, y: value, label: step === 0 ? 'original' : String(step) },
        xInterval: axis === 'ms' ? latency!.medianMs.interval : null,
        yInterval: dropInterval && around(first, dropInterval, metric.higherIsBetter),
        title: `${step === 0 ? 'original' : `step ${step}`}: ${metric.name} ${formatScore(value)}, ${told}`,
      },
    ];
  });
}

function markRefused({ steps, trials, metric }: RunPage, axis: TradeOffAxis): readonly Mark[] {
  const first = steps[0]!;
  if (axis === 'ms') return [];
  return trials
    .filter(({ accepted, value }) => !accepted && Number.isFinite(value))
    .map(({ cut, strength, cost, value, dropInterval }) => ({
      ...{ x: cost[axis] / first.cost[axis], y: value, xInterval: null, label: '' },
      yInterval: dropInterval && around(first.value, dropInterval, metric.higherIsBetter),
      title: `refused: cut ${cut} at strength ${strength}, ${metric.name} ${formatScore(value)}`,
    }));
}

/** The metric's interval for one of the drop from `value`. */
function around(value: number, [low, high]: Interval, higherIsBetter: boolean): Interval {
  return higherIsBetter ? [value - high, value - low] : [value + low, value + high];
}

/** What the axis of the metric spans: all that was accepted, the budget and, as far as that leaves it readable, what was refused. */
function rangeOf(
  steps: readonly Mark[],
  refused: readonly Mark[],
  least: number | undefined,
): [number, number] {
  const ends = [
    ...steps.flatMap(({ y, yInterval }) => [y, ...(yInterval ?? [])]),
    ...(least === undefined ? [] : [least]),
  ];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = Math.max(high - low, 0.02 * Math.max(Math.abs(high), Math.abs(low)), 1e-6);
  const all = [...ends, ...refused.map(({ y }) => clampTo(y, low - REACH * room, high + REACH * room))];
  const margin = 0.06 * room;
  return [Math.min(...all) - margin, Math.max(...all) + margin];
}

function clampTo(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
