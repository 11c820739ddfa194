// The page of a run as Markdown: the same tables, without pictures.
import { formatHeadline, formatOutcome } from '../page/headline.ts';
import { listOrigin } from '../page/origin.ts';
import type { RunPage } from '../page/run-page.ts';
import type { PageTable } from '../tables/page-table.ts';
import {
  classesTable,
  compareTable,
  frozenTable,
  proofsTable,
  sensitivityTable,
  stepsTable,
  triesTable,
  widthsTable,
} from '../tables/run-tables.ts';
import { codeBlock, markdownTable, plainText } from './markdown.ts';

/** `report.md`. */
export function formatRunPage(page: RunPage): string {
  const { commands, environment } = listOrigin(page);
  const section = (title: string, table: PageTable): readonly string[] =>
    table.rows.length === 0 ? [] : [`## ${title}`, '', ...markdownTable(table), ''];
  const facts = (name: string, rows: PageTable['rows']): PageTable => ({
    columns: [{ head: name }, { head: 'value' }],
    rows,
  });
  return [
    `# ${plainText(page.title)}: ${plainText(formatHeadline(page))}`,
    '',
    plainText(formatOutcome(page)),
    '',
    ...page.remarks.flatMap((remark) => [plainText(remark), '']),
    ...section('Before and after', compareTable(page)),
    ...section('Steps', stepsTable(page)),
    ...section('Classes', classesTable(page)),
    ...section('Sensitivity', sensitivityTable(page)),
    ...section('Widths', widthsTable(page)),
    ...section('What had to stay', frozenTable(page)),
    ...section('Tries', triesTable(page)),
    ...section('Proofs', proofsTable(page)),
    ...commands.flatMap(([name, command]) => [`## ${name}`, '', ...codeBlock(command), '']),
    ...section('Environment', facts('fact', environment)),
    ...section('Settings', facts('setting', page.settings)),
  ].join('\n');
}
