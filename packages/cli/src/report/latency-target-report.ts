// The way of a cut to its latency as text: what was promised and measured, try by try, on which device.
import type { LatencyTargetField } from '../documents/latency-target-field.ts';
import { formatTable } from '../output/text-table.ts';
import { formatFactor, formatPercent } from '../output/units.ts';

/** Lines of the section. */
export function formatLatencyTarget(found: LatencyTargetField): readonly string[] {
  const { fraction, device, stairs, tries, modelError } = found;
  const rows = tries.map(({ predicted, measured, macs }, index) => [
    String(index + 1),
    formatPercent(predicted),
    formatPercent(measured.value),
    measured.interval.map(formatPercent).join(' to '),
    formatPercent(macs),
  ]);
  return [
    `latency target: ${formatPercent(fraction)} of the original's, on ${device.name} (${describePlace(device)})`,
    ...formatTable(
      [
        { head: 'try', align: 'right' },
        { head: 'predicted', align: 'right' },
        { head: 'measured', align: 'right' },
        { head: '95 % interval', align: 'right' },
        { head: 'MACs', align: 'right' },
      ],
      rows,
    ),
    describeStairs(stairs),
    `The latency model is off by ${formatPercent(modelError)} (median) on cuts that it had not seen.`,
  ];
}

function describePlace({ runtime, provider, threads, processor }: LatencyTargetField['device']): string {
  const many = threads === undefined ? [] : [`${threads} ${threads === 1 ? 'thread' : 'threads'}`];
  return [runtime, provider, ...many, ...(processor === '' ? [] : [processor])].join(', ');
}

function describeStairs({ step, unit, penalty }: LatencyTargetField['stairs']): string {
  if (step === 1) return 'On this device latency falls evenly with the widths.';
  const off =
    penalty > 1 ? `; widths that are no multiple of ${unit} take ${formatFactor(penalty)} as long` : '';
  return `On this device latency falls in steps of ${step} channels${off}.`;
}
