// Markdown made of data: what a user named is text, never markup.
import type { PageTable } from '../tables/page-table.ts';

/** Text in which nothing means anything. */
export function plainText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replaceAll('\n', ' ');
}

/** Lines of a table. */
export function markdownTable({ columns, rows }: PageTable): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(plainText).join(' | ')} |`;
  return [
    line(columns.map(({ head }) => head)),
    `|${columns.map(({ align }) => (align === 'right' ? '---:' : '---')).join('|')}|`,
    ...rows.map(line),
  ];
}

/** Lines of a block of code, fenced by more backticks than it holds. */
export function codeBlock(text: string): readonly string[] {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [fence, text, fence];
}
