// docs/coverage.md as text: written by `ESPALIER_UPDATE=1 npx vitest run tests/prune-architectures.test.ts`, compared row by row otherwise.
import { type CoverageRow, TARGET } from './cover-model.ts';

/** Reasons listed per model. */
const HOLDERS_SHOWN = 2;

/** A section of the page. */
export interface CoverageSection {
  readonly title: string;
  readonly rows: readonly CoverageRow[];
}

/** The whole page. */
export function renderPage(sections: readonly CoverageSection[]): string {
  const header = [
    `| model | convolutions that can be cut | of their channels | least MACs | kept when asked for ${TARGET} | proof | branches | channels that stay: why |`,
    '|---|---|---|---|---|---|---|---|',
  ];
  return [
    '# Coverage',
    '',
    'What espalier can cut, model by model. Written by `ESPALIER_UPDATE=1 npx vitest run tests/prune-architectures.test.ts`; the tests check that it is current.',
    '',
    `*Least MACs* is the fraction of the multiply-accumulates that is left when every layer keeps as little as it can, with no limit per layer. The next column asks for ${TARGET} with the default limits, scored with FSCL; *proof* compares the result with the zeroed original (see \`plan.md\`) at every output and every layer. Values called *silent* are zero or constant in the original already on random inputs, so that they prove nothing. *Branches* are groups that may go altogether, and what is left of the multiply-accumulates when all that can go together are gone (proven too).`,
    ...sections.flatMap(({ title, rows }) => ['', `## ${title}`, '', ...header, ...rows.map(renderRow)]),
    '',
  ].join('\n');
}

/** One line of a table. */
export function renderRow(row: CoverageRow): string {
  // Rounded down: all but one channel is not all.
  const percent = (fraction: number): string => `${Math.floor(1000 * fraction) / 10} %`;
  const holders = row.frozenBy.slice(0, HOLDERS_SHOWN).map((holder) => holder.replaceAll('|', '\\|'));
  const more = row.frozenBy.length - holders.length;
  const cells = [
    row.name,
    `${row.prunable} of ${row.convolutions}`,
    percent(row.freeChannels),
    row.least.toFixed(3),
    row.kept?.toFixed(2) ?? 'out of reach',
    row.proof ? describeProof(row.proof) : '',
    row.branches ? `${row.branches.count}: ${row.branches.kept.toFixed(3)}` : '',
    [...holders, ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function describeProof({ verdict, checks }: NonNullable<CoverageRow['proof']>): string {
  const silent = checks.filter((check) => check.verdict === 'not proven').map((check) => check.value);
  return silent.length === 0 ? verdict : `${verdict}: ${silent.join(', ')} silent`;
}
