// What sections of the page are made of: a heading with a lead, tables, plots that fit a wide and a narrow page.
import type { Child, Maker } from '../dom/element.ts';
import type { PageTable } from '../tables/page-table.ts';

/** Widths that plots are drawn at, CSS pixels: the page shows the one that fits. */
export interface Widths {
  readonly wide: number;
  readonly narrow: number;
}

/** A section; its heading can be linked to. */
export function makeSection(
  { html }: Maker,
  { id, title, lead }: { readonly id: string; readonly title: string; readonly lead?: string },
  ...children: readonly Child[]
): HTMLElement {
  return html(
    'section',
    { id },
    html('h2', {}, title),
    lead === undefined ? undefined : html('p', { class: 'lead' }, lead),
    ...children,
  );
}

/** A column that is drawn instead of written. */
export interface DrawnColumn {
  readonly head: string;
  /** It stands before the column of this index. */
  readonly at: number;
  readonly draw: (row: number) => Child;
}

/** What a table may have beside its cells. */
export interface TableOptions {
  readonly drawn?: DrawnColumn;
  /** Ids of rows. */
  readonly ids?: (row: number) => string;
  /** Columns whose cells are names of nodes. */
  readonly names?: readonly number[];
  readonly className?: string;
}

/** Draws a table; it scrolls sideways where the page is too narrow for it. */
export function drawTable(
  maker: Maker,
  { columns, rows }: PageTable,
  { drawn, ids, names = [], className }: TableOptions = {},
): HTMLElement {
  const { html } = maker;
  const insert = <Cell>(cells: readonly Cell[], cell: () => Cell): readonly Cell[] =>
    drawn ? [...cells.slice(0, drawn.at), cell(), ...cells.slice(drawn.at)] : cells;
  const classOf = (column: number): string | undefined => {
    const classes = [
      columns[column]!.align === 'right' ? 'number' : '',
      names.includes(column) ? 'name' : '',
    ];
    return classes.filter(Boolean).join(' ') || undefined;
  };
  const heads = columns.map(({ head }, at) =>
    html('th', { scope: 'col', class: classOf(at) }, ...unbroken(maker, head)),
  );
  const lines = rows.map((cells, row) => {
    const made = cells.map((cell, at) => {
      const isName = names.includes(at);
      const text = columns[at]!.align === 'right' ? typeset(cell) : cell;
      return html('td', { class: classOf(at) }, ...(isName ? breakable(maker, cell) : [text]));
    });
    return html(
      'tr',
      { id: ids?.(row) },
      ...insert(made, () => html('td', { class: 'drawn' }, drawn!.draw(row))),
    );
  });
  return html(
    'div',
    { class: ['table', className].filter(Boolean).join(' ') },
    html(
      'table',
      {},
      html(
        'thead',
        {},
        html('tr', {}, ...insert(heads, () => html('th', { scope: 'col' }, ...unbroken(maker, drawn!.head)))),
      ),
      html('tbody', {}, ...lines),
    ),
  );
}

/** A plot at both widths, with a caption. */
export function drawFigure(
  { html }: Maker,
  { wide, narrow }: Widths,
  draw: (width: number) => Element,
  ...caption: readonly Child[]
): HTMLElement {
  return html(
    'figure',
    {},
    html('div', { class: 'wide' }, draw(wide)),
    html('div', { class: 'narrow' }, draw(narrow)),
    caption.length > 0 ? html('figcaption', {}, ...caption) : undefined,
  );
}

/** A name that may be broken behind its separators, and still is copied whole. */
export function breakable({ html }: Pick<Maker, 'html'>, name: string): readonly Child[] {
  return name.split(/(?<=[._:,]|\w\/)/).flatMap((part, at) => (at === 0 ? [part] : [html('wbr', {}), part]));
}

/** A text that breaks between its words only: `mAP50-95` is one. */
function unbroken({ html }: Pick<Maker, 'html'>, text: string): readonly Child[] {
  return text.split(' ').flatMap((word, at) => [at === 0 ? undefined : ' ', html('span', {}, word)]);
}

/** A number with a true minus sign. */
function typeset(text: string): string {
  return text.replaceAll(/(^|[\s(])-(?=\d)/g, '$1−');
}
