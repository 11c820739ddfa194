// Times over widths as bars of text, both sides of a layer next to each other on one scale.

/** Time of a layer at one width. */
interface WidthTime {
  readonly width: number;
  readonly ms: number;
}

/** Bars from an eighth of a line to a whole one. */
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** At most so many lines high, each worth a multiple of a fifth of the widest layer's time. */
const MOST_LINES = 8;
const LEAST_LINE = 0.2;
const BETWEEN = 4;
const MARKED_EVERY = 8;

/** A curve with its title. */
export interface StairsCurve {
  readonly title: string;
  /** Consecutive widths, at least one. */
  readonly times: readonly WidthTime[];
}

/** Lines of the plot; times are relative to that of the widest layer of each curve. */
export function plotStairs(curves: readonly StairsCurve[]): readonly string[] {
  const bars = curves.map(({ times }) => times.map(({ ms }) => ms / times.at(-1)!.ms));
  const highest = Math.max(...bars.flat());
  const line = LEAST_LINE * Math.max(1, Math.ceil(highest / (MOST_LINES * LEAST_LINE) - 1e-9));
  const count = Math.max(1, Math.ceil(highest / line - 1e-9));
  const rows = Array.from({ length: count }, (_, at) => {
    const below = line * (count - 1 - at);
    const label = `${(below + line).toFixed(1)}x`;
    return [
      label,
      ...bars.map((heights) => heights.map((height) => drawBar((height - below) / line)).join('')),
    ];
  });
  const lines = [
    ['', ...curves.map(({ title }) => title)],
    ...rows,
    ['', ...curves.map(({ times }) => markWidths(times))],
  ];
  const widths = [0, ...curves.map(({ times }) => times.length)].map((width, at) =>
    Math.max(width, ...lines.map((cells) => cells[at]!.length)),
  );
  return lines.map(([label, ...cells]) =>
    [
      label!.padStart(widths[0]!),
      cells.map((cell, at) => cell.padEnd(widths[at + 1]!)).join(' '.repeat(BETWEEN)),
    ]
      .join(' ')
      .trimEnd(),
  );
}

/** The part of a bar that lies in a line, of which it fills this share. */
function drawBar(share: number): string {
  return EIGHTHS[Math.round(8 * Math.min(Math.max(share, 0), 1))]!;
}

/** Every eighth width, below the first digit's bar. */
function markWidths(times: readonly WidthTime[]): string {
  return times
    .flatMap(({ width }, at) => (width % MARKED_EVERY === 0 ? [{ at, text: String(width) }] : []))
    .reduce((axis, { at, text }) => axis.padEnd(at) + text, '');
}
