// A recovery as text.
import type { RecoverDocument } from '../documents/recover-document.ts';
import type { RecoveryField } from '../documents/recovery-field.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatNumberOf, formatPercent } from '../output/units.ts';

/** More layers than this are folded, the best left out. */
const SHOWN_LAYERS = 12;

/** What a model is called afterwards. */
export const DONE = { recalibrate: 'recalibrated', reconstruct: 'reconstructed' } as const;

/** One line, and one more when the data left something open. */
export function formatRecovery(recovery: RecoveryField): readonly string[] {
  const { method, layers, samples, seconds, skipped } = recovery;
  const deficient = layers.filter((layer) => (layer.deficient ?? 0) > 0);
  return [
    `${DONE[method]}: ${formatNumberOf(layers.length, 'layer')} on ${formatNumberOf(samples, 'sample')} in ${seconds.toFixed(1)} s`,
    ...(deficient.length === 0
      ? []
      : [
          `In ${formatNumberOf(deficient.length, 'layer')} the samples do not settle every weight; those stayed near what they were (--json says where).`,
        ]),
    ...skipped.map(({ node, reason }) => `'${node}' stayed as it was: ${reason}.`),
  ];
}

/** Lines of the report of `recalibrate` and `reconstruct`. */
export function formatRecover({ recovery, output, next }: RecoverDocument, paint: Paint): readonly string[] {
  const worst = recovery.layers.toSorted((a, b) => b.errorAfter - a.errorAfter).slice(0, SHOWN_LAYERS);
  const shown = recovery.layers.filter((layer) => worst.includes(layer));
  const more = recovery.layers.length - shown.length;
  return [
    ...(shown.length === 0
      ? []
      : [
          ...formatTable(
            [{ head: 'layer' }, { head: 'error before', align: 'right' }, { head: 'after', align: 'right' }],
            shown.map((layer) => [
              layer.node,
              formatPercent(layer.errorBefore),
              formatPercent(layer.errorAfter),
            ]),
          ),
          ...(more > 0 ? [`and ${formatNumberOf(more, 'better layer')}; --json lists all`] : []),
          '',
        ]),
    ...formatRecovery(recovery),
    `model: ${output}`,
    '',
    `next: ${paint.bold(next)}`,
  ];
}
