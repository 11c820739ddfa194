// A proof in a few lines.
import type { ProofField } from '../documents/proof-field.ts';
import type { Paint } from '../output/paint.ts';
import { formatNumberOf, formatWhole } from '../output/units.ts';

/** Values named when nothing of them was tested. */
const UNTESTED_SHOWN = 4;

/** Lines: the verdict with what was compared, then how much proves nothing. */
export function formatProof(proof: ProofField, paint: Paint): readonly string[] {
  const { verdict, deviation, tolerance, runs, outputs, layers, rows, unprovenRows, untested } = proof;
  const colour = { proven: paint.green, 'not proven': paint.yellow, failed: paint.red }[verdict];
  const found = deviation === null ? 'no number' : deviation.toExponential(1);
  const compared = [
    `${formatNumberOf(outputs, 'output')} and ${formatNumberOf(layers, 'layer')}`,
    formatNumberOf(runs, 'run'),
  ].join(', ');
  return [
    `${colour(verdict)}: largest deviation ${found} (allowed ${tolerance}) over ${compared}`,
    ...(unprovenRows === 0 ? [] : [describeSilence(unprovenRows, rows)]),
    ...(untested.length === 0 ? [] : [describeUntested(untested)]),
  ];
}

function describeSilence(silent: number, rows: number): string {
  const what =
    silent === 1 ? 'was silent in the original too and proves' : 'were silent in the original too and prove';
  return `${formatWhole(silent)} of ${formatWhole(rows)} rows ${what} nothing (--json says where)`;
}

function describeUntested(values: readonly string[]): string {
  const shown = values.slice(0, UNTESTED_SHOWN).map((value) => `'${value}'`);
  const more = values.length > shown.length ? ` and ${values.length - shown.length} more` : '';
  return `Nothing was tested of ${shown.join(', ')}${more}: silent on all these inputs. Wake them with espalier verify --data PICTURES.`;
}
