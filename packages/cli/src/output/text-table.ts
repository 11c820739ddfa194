// Aligned columns in plain text.

/** A column: its head and the side its cells lean to. */
export interface Column {
  readonly head: string;
  /** Default `left`. */
  readonly align?: 'left' | 'right';
}

/** Lines of a table: heads, then one line per row; columns two spaces apart, no trailing blanks. Every row has one cell per column. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const lines = [columns.map((column) => column.head), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => (cells[i] ?? '').length)));
  return lines.map((cells) =>
    columns
      .map(({ align }, i) =>
        align === 'right' ? (cells[i] ?? '').padStart(widths[i]!) : (cells[i] ?? '').padEnd(widths[i]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
