// `prune` as text: before and after, layer by layer, the proof, and what to do next.
import { judgeSpeed } from '../describe/judge-speed.ts';
import type { PruneDocument } from '../documents/prune-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import {
  formatBytes,
  formatCount,
  formatFactor,
  formatMs,
  formatNumberOf,
  formatPercent,
  formatScore,
} from '../output/units.ts';
import { formatLatencyTarget } from './latency-target-report.ts';
import { formatProof } from './proof-report.ts';
import { formatRecovery } from './recovery-report.ts';

/** More layers than this are folded. */
const SHOWN_LAYERS = 20;

/** Lines of the report. */
export function formatPrune(document: PruneDocument, paint: Paint): readonly string[] {
  const { output, plan, metrics, layers, agreement, proof, recovery, latencyTarget, remarks, next } =
    document;
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
    ...formatLayers(layers),
    `${formatPercent(metrics.removedChannels)} of the channels that can go were removed, in ${formatNumberOf(layers.length, 'layer')}${tellGone(layers)}.`,
    '',
    ...(latencyTarget ? [...formatLatencyTarget(latencyTarget), ''] : []),
    ...(agreement ? [...formatAgreement(agreement, recovery?.cutAlone.agreement), ''] : []),
    ...(proof ? formatProof(proof, paint) : [paint.yellow('not proven: the proof was skipped')]),
    ...(recovery ? formatRecovery(recovery) : []),
    ...(output === null ? ['No model was written.'] : [`model: ${output}`]),
    ...(plan === null ? [] : [`plan: ${plan}`]),
    ...(remarks.length === 0 ? [] : ['', ...remarks.map((remark) => paint.yellow(remark))]),
    ...(next === null ? [] : ['', `next: ${paint.bold(next)}`]),
  ];
}

/** How many layers a cut took altogether; what it does not say of one that took none. */
function tellGone(layers: PruneDocument['layers']): string {
  const gone = layers.filter(({ kept }) => kept === 0).length;
  return gone === 0 ? '' : `; ${gone} of them went altogether, with the layers that only served them`;
}

function listChanges({
  before,
  after,
  metrics,
  recovery,
  latency,
}: PruneDocument): readonly (readonly string[])[] {
  const names = Object.keys({ ...before.accuracy, ...after.accuracy });
  const [original, pruned] = latency?.models ?? [];
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
            formatSpeedup(metrics.macs, pruned.speedup),
          ],
        ]
      : []),
    ...names.map((name) => [
      name,
      formatScore(before.accuracy?.[name]),
      formatScore(after.accuracy?.[name]),
      recovery ? `the cut alone ${formatScore(recovery.cutAlone.accuracy?.[name])}` : '',
    ]),
  ];
}

function formatSpeedup(macs: number, speedup: Parameters<typeof judgeSpeed>[1]): string {
  if (judgeSpeed(macs, speedup) === 'unclear') return 'too disturbed to tell';
  return `${formatFactor(speedup.value)} as fast (${speedup.interval.map(formatFactor).join(' to ')})`;
}

function formatLayers(layers: PruneDocument['layers']): readonly string[] {
  if (layers.length === 0) return [];
  const rows = layers
    .slice(0, SHOWN_LAYERS)
    .map(({ node, channels, kept }) => [node, `${channels} -> ${kept}`, formatPercent(kept / channels)]);
  const more = layers.length - rows.length;
  return [
    ...formatTable(
      [{ head: 'layer' }, { head: 'channels', align: 'right' }, { head: 'kept', align: 'right' }],
      rows,
    ),
    ...(more > 0 ? [`and ${formatNumberOf(more, 'more layer')}; --json lists all`] : []),
    '',
  ];
}

function formatAgreement(
  agreement: NonNullable<PruneDocument['agreement']>,
  cutAlone?: PruneDocument['agreement'],
): readonly string[] {
  return formatTable(
    [
      { head: 'agreement with the original' },
      { head: 'value', align: 'right' },
      ...(cutAlone ? [{ head: 'the cut alone', align: 'right' } as const] : []),
    ],
    Object.entries(agreement).map(([name, value]) => [
      ...[name, formatScore(value)],
      ...(cutAlone ? [formatScore(cutAlone[name])] : []),
    ]),
  );
}
