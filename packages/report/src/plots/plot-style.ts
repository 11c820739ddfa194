// What all plots have in common. Colours are CSS variables, so that one drawing serves light and dark pages.
import type { PlotOptions } from '@observablehq/plot';

/** Colours by meaning; a page defines the variables. */
export const COLOURS = {
  ink: 'var(--ink)',
  faint: 'var(--faint)',
  line: 'var(--line)',
  accent: 'var(--accent)',
  refused: 'var(--refused)',
} as const;

/** How a plot is drawn. */
export interface PlotSize {
  readonly document: Document;
  /** CSS pixels. */
  readonly width: number;
}

/** Options of every plot. */
export function plotFrame({ document, width }: PlotSize): PlotOptions {
  return {
    ...{ document, width },
    style: { fontSize: '12px', fontFamily: 'inherit', color: COLOURS.ink, background: 'none' },
  };
}

/** A number on an axis of a metric: as few decimals as its ticks need. */
export function tickDecimals([low, high]: readonly [number, number]): number {
  return Math.min(5, Math.max(0, Math.ceil(-Math.log10((high - low) / 4 || 1))));
}
