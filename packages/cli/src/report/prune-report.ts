// `prune` as text: before and after, the proof, and what to do next.
import type { PruneDocument } from '../documents/prune-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatBytes, formatCount, formatFactor, formatMs, formatPercent } from '../output/units.ts';
import { formatProof } from './proof-report.ts';

/** Lines of the report. */
export function formatPrune(document: PruneDocument, paint: Paint): readonly string[] {
  const { output, plan, metrics, layers, proof, next } = document;
  return [
    ...formatTable(
      [
        { head: '' },
        { head: 'before', align: 'right' },
        { head: 'after', align: 'right' },
        { head: 'kept', align: 'right' },
      ],
      listChanges(document),
    ),
    '',
    `${formatPercent(metrics.removedChannels)} of the channels that can go were removed, in ${layers.length} layers.`,
    ...(proof ? formatProof(proof, paint) : [paint.yellow('not proven: the proof was skipped')]),
    ...(output === null ? ['No model was written.'] : [`model: ${output}`]),
    ...(plan === null ? [] : [`plan: ${plan}`]),
    ...(next === null ? [] : ['', `next: ${paint.bold(next)}`]),
  ];
}

function listChanges({ before, after, metrics, latency }: PruneDocument): readonly (readonly string[])[] {
  const names = Object.keys({ ...before.accuracy, ...after.accuracy });
  const [original, pruned] = latency?.models ?? [];
  const score = (value: number | null | undefined): string => value?.toFixed(4) ?? '-';
  return [
    ['parameters', formatCount(before.params), formatCount(after.params), formatPercent(metrics.params)],
    ['MACs', formatCount(before.macs), formatCount(after.macs), formatPercent(metrics.macs)],
    ['file', formatBytes(before.bytes), formatBytes(after.bytes), formatPercent(metrics.bytes)],
    ...(original && pruned
      ? [
          [
            'latency',
            formatMs(original.medianMs.value),
            formatMs(pruned.medianMs.value),
            `${formatFactor(pruned.speedup.value)} as fast (${pruned.speedup.interval.map(formatFactor).join(' to ')})`,
          ],
        ]
      : []),
    ...names.map((name) => [name, score(before.accuracy?.[name]), score(after.accuracy?.[name]), '']),
  ];
}
