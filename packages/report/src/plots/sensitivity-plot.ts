// How the metric falls when one group alone loses a share of its channels: one small plot of many that share their scales.
import type { SensitivityPoint } from '@espalier/core';
import * as Plot from '@observablehq/plot';
import type { PageCurve } from '../page/run-page.ts';
import { formatPercent, formatScore } from '../text/units.ts';
import { COLOURS, type PlotSize, plotFrame, tickDecimals } from './plot-style.ts';

/** From the uncut group to the largest share, and the drops that all plots of an analysis span. */
export interface SensitivityScales {
  readonly rates: readonly [number, number];
  readonly drops: readonly [number, number];
}

const ASPECT = 0.62;
/** Share of the width that the label of a rate takes. */
const LABEL_SPAN = 0.2;

/** Scales that hold all curves, error bands included. */
export function sensitivityScales(curves: readonly PageCurve[]): SensitivityScales {
  const points = curves.flatMap((curve) => [...curve.points, ...(curve.first ?? [])]);
  const drops = points.flatMap(({ drop, interval }) =>
    Number.isFinite(drop) ? [drop, ...(interval ?? [])] : [],
  );
  const [low, high] = [Math.min(0, ...drops), Math.max(0, ...drops)];
  const margin = 0.05 * (high - low) || 0.01;
  return {
    rates: [0, Math.max(0.1, ...points.map(({ rate }) => rate))],
    drops: [low - margin, high + margin],
  };
}

/** Draws one curve with its 95 % band; a dashed line is the same group at the first analysis. Down is worse. */
export function drawSensitivity(
  curve: PageCurve,
  { rates, drops }: SensitivityScales,
  size: PlotSize,
): Element {
  const points = curve.points.filter(({ drop }) => Number.isFinite(drop));
  const decimals = tickDecimals(drops);
  const band = points.filter(({ interval }) => interval !== null);
  const low = ({ interval }: SensitivityPoint): number => interval![0];
  const high = ({ interval }: SensitivityPoint): number => interval![1];
  return Plot.plot({
    ...plotFrame(size),
    height: Math.round(size.width * ASPECT),
    ...{ marginLeft: 40, marginRight: 14, marginTop: 8, marginBottom: 24 },
    x: {
      domain: [...rates],
      ticks: spread([0, ...points.map(({ rate }) => rate)], LABEL_SPAN * (rates[1] - rates[0])),
      tickFormat: (rate: number) => `${Math.round(100 * rate)}${rate === 0 ? '' : ' %'}`,
      label: null,
      tickSize: 3,
    },
    y: {
      domain: [drops[1], drops[0]],
      ticks: 3,
      tickFormat: (drop: number) =>
        drop === 0 ? '0' : `${drop < 0 ? '+' : '−'}${Math.abs(drop).toFixed(decimals)}`,
      label: null,
      tickSize: 3,
    },
    marks: [
      Plot.ruleY([0], { stroke: COLOURS.line }),
      // Where nothing is cut nothing is lost, and that is certain.
      Plot.areaY([{ rate: 0, interval: [0, 0] }, ...band], {
        x: 'rate',
        y1: low,
        y2: high,
        fill: COLOURS.accent,
        fillOpacity: 0.18,
      }),
      ...(curve.first
        ? [
            Plot.line([{ rate: 0, drop: 0 }, ...curve.first], {
              x: 'rate',
              y: 'drop',
              stroke: COLOURS.faint,
              strokeDasharray: '2 3',
            }),
          ]
        : []),
      Plot.line([{ rate: 0, drop: 0 }, ...points], {
        x: 'rate',
        y: 'drop',
        stroke: COLOURS.accent,
        strokeWidth: 1.75,
      }),
      Plot.dot(points, { x: 'rate', y: 'drop', r: 2.5, fill: COLOURS.accent, title: describePoint }),
    ],
  });
}

/** Of rising values the largest, and from there downwards those that are at least so far apart. */
function spread(values: readonly number[], distance: number): readonly number[] {
  const kept: number[] = [];
  for (const value of values.toReversed()) {
    if (kept.length === 0 || kept.at(-1)! - value >= distance) kept.push(value);
  }
  return kept;
}

function describePoint({ rate, removed, value, drop, interval, samples }: SensitivityPoint): string {
  const range = interval ? ` (${interval.map(formatScore).join(' to ')})` : '';
  return `${formatPercent(rate)} less (${removed} channels): ${formatScore(value)}, drop ${formatScore(drop)}${range}, ${samples} samples`;
}
