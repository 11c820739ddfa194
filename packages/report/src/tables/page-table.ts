// A table of the page as text, before it is markup of any kind.

/** Columns and rows; every row has one cell per column. */
export interface PageTable {
  readonly columns: readonly PageColumn[];
  readonly rows: readonly (readonly string[])[];
}

/** A column: its head and the side its cells lean to. */
export interface PageColumn {
  readonly head: string;
  /** Default `left`. */
  readonly align?: 'left' | 'right';
}

/** A column of numbers. */
export function numbers(head: string): PageColumn {
  return { head, align: 'right' };
}

/** `0.8800 to 0.9200`; empty where there is no interval. */
export function formatRange(
  interval: readonly [number, number] | null | undefined,
  format: (end: number) => string,
): string {
  return interval ? interval.map(format).join(' to ') : '';
}
