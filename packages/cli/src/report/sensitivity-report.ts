// `sensitivity` as text: the drop of every group at every rate, the most robust groups first.
import { groupName } from '@espalier/core';
import type { SensitivityDocument } from '../documents/sensitivity-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatNumberOf, formatPercent, formatScore, formatSeconds } from '../output/units.ts';

type Curve = SensitivityDocument['groups'][number];

/** Lines of the report. */
export function formatSensitivity(document: SensitivityDocument, paint: Paint): readonly string[] {
  const { groups, metric, metrics, cost, data, criterion, next } = document;
  const all = [...new Set(groups.flatMap(({ points }) => points.map(({ rate }) => rate)))];
  const holders = (rate: number): number =>
    groups.filter(({ points }) => points.some((point) => point.rate === rate)).length;
  // What only some were asked for is a look at the bend of their own curve.
  const rates = all.filter((rate) => 2 * holders(rate) > groups.length).sort((a, b) => a - b);
  const hasBends = rates.length < all.length;
  const right = 'right' as const;
  const [heads = '', ...rows] = formatTable(
    [
      { head: 'group' },
      { head: 'channels', align: right },
      ...rates.map((rate) => ({ head: formatRate(rate), align: right })),
      { head: 'saves MACs', align: right },
      ...(hasBends ? [{ head: 'at the bend' }] : []),
    ],
    [...groups]
      .sort((a, b) => worstOf(a) - worstOf(b))
      .map((group) => [
        groupName(group),
        String(group.channels),
        ...rates.map((rate) => formatDrop(group.points.find((point) => point.rate === rate))),
        formatPercent(1 - (group.points.at(-1)?.macs ?? cost.macs) / cost.macs),
        ...(hasBends ? [formatBends(group, rates)] : []),
      ]),
  );
  return [
    `${metric} ${formatScore(metrics.value)} uncut; how much it drops when a group alone loses a share of its channels, lowest ${criterion} first:`,
    '',
    paint.bold(heads),
    ...rows,
    '',
    `${formatNumberOf(metrics.probes, 'probe')} over at most ${formatNumberOf(data.samples, 'sample')}, in ${formatSeconds(metrics.seconds)}, at the cost of ${metrics.work.toFixed(1)} evaluations of the model. ± is the 95 % interval.`,
    '',
    `next: ${paint.bold(next)}`,
  ];
}

const formatRate = (rate: number): string => `-${Math.round(100 * rate)} %`;

/** `-38 %: 0.020 ±0.010` for every rate without a column. */
function formatBends({ points }: Curve, columns: readonly number[]): string {
  return points
    .filter(({ rate }) => !columns.includes(rate))
    .map((point) => `${formatRate(point.rate)}: ${formatDrop(point)}`)
    .join(', ');
}

function formatDrop(point: Curve['points'][number] | undefined): string {
  if (point === undefined) return '-';
  const { drop, interval } = point;
  const reach = interval === null ? '' : ` ±${((interval[1] - interval[0]) / 2).toFixed(3)}`;
  return `${drop.toFixed(3)}${reach}`;
}

const worstOf = ({ points }: Curve): number => points.at(-1)?.drop ?? 0;
