// Latencies as a table.
import type { LatencyField } from '../documents/latency-field.ts';
import { formatTable } from '../output/text-table.ts';
import { formatFactor, formatMs, formatPercent } from '../output/units.ts';

/**
 * Lines: one per model with its median, the interval that holds it, percentiles and the speed-up over the first. `macs`, where it is
 * given, are fractions of the first model's MACs in the order of the models.
 */
export function formatLatency(
  { models, provider, threads }: LatencyField,
  macs?: readonly number[],
): readonly string[] {
  const right = 'right' as const;
  return [
    ...formatTable(
      [
        { head: 'model' },
        { head: 'median', align: right },
        { head: '95 % interval', align: right },
        { head: 'p90', align: right },
        { head: 'p99', align: right },
        { head: 'runs', align: right },
        { head: 'load', align: right },
        { head: 'speed-up', align: right },
        { head: '95 % interval', align: right },
        ...(macs ? [{ head: 'MACs', align: right }] : []),
      ],
      models.map(({ name, iterations, medianMs, p90Ms, p99Ms, loadMs, speedup }, i) => [
        name,
        formatMs(medianMs.value),
        medianMs.interval.map(formatMs).join(' to '),
        formatMs(p90Ms),
        formatMs(p99Ms),
        String(iterations),
        formatMs(loadMs),
        formatFactor(speedup.value),
        speedup.interval.map(formatFactor).join(' to '),
        ...(macs ? [formatPercent(macs[i]!)] : []),
      ]),
    ),
    `measured in turn; provider ${provider}, threads ${threads ?? 'as the engine chooses'}`,
  ];
}
