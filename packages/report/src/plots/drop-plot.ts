// One try in a row of a table: its drop with the interval, held against what was allowed.
import * as Plot from '@observablehq/plot';
import type { PageTrial } from '../page/run-page.ts';
import { COLOURS, type PlotSize, plotFrame } from './plot-style.ts';

/** Drops beyond so many times what is allowed lie at the edge. */
const REACH = 4;

/** What all rows span: no change, what was allowed and, within reason, the drops. */
export function dropScale(trials: readonly PageTrial[]): readonly [number, number] {
  const allowed = Math.max(...trials.map((trial) => trial.allowed), 1e-9);
  const ends = trials
    .flatMap(({ drop, dropInterval }) => [drop, ...(dropInterval ?? [])])
    .filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...ends), Math.max(allowed, ...ends)];
  return [Math.max(low, -REACH * allowed), Math.min(high, REACH * allowed)];
}

/** Draws one row; right is worse. */
export function drawDrop(trial: PageTrial, domain: readonly [number, number], size: PlotSize): Element {
  const clamp = (drop: number): number => Math.min(domain[1], Math.max(domain[0], drop));
  const colour = trial.accepted ? COLOURS.accent : COLOURS.refused;
  const rows = [trial];
  return Plot.plot({
    ...plotFrame(size),
    ...{ height: 24, margin: 0, marginLeft: 6, marginRight: 6 },
    x: { domain: [...domain], axis: null },
    y: { domain: [0, 1], axis: null },
    marks: [
      Plot.ruleX([0], { stroke: COLOURS.line }),
      Plot.ruleX([clamp(trial.allowed)], { stroke: COLOURS.ink, strokeDasharray: '2 2', y1: 0.05, y2: 0.95 }),
      ...(trial.dropInterval
        ? [
            Plot.ruleY(rows, {
              ...{ y: 0.5, x1: clamp(trial.dropInterval[0]), x2: clamp(trial.dropInterval[1]) },
              ...{ stroke: colour, strokeWidth: 2, strokeOpacity: 0.6 },
            }),
          ]
        : []),
      Plot.dot(rows, {
        x: clamp(trial.drop),
        y: 0.5,
        r: 4,
        fill: colour,
        symbol: trial.accepted ? 'circle' : 'diamond',
      }),
    ],
  });
}
