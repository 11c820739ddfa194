// `bench` as text.
import type { BenchDocument } from '../documents/bench-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatFactor, formatMs, formatPercent } from '../output/units.ts';
import { formatLatency } from './latency-report.ts';

/** Lines of the report: latencies, how the speed-up compares with the MACs, and operator times where they were measured. */
export function formatBench({ models, metrics, latency }: BenchDocument, paint: Paint): readonly string[] {
  const compared = models.length > 1;
  return [
    ...formatLatency(latency),
    ...(compared
      ? [
          '',
          paint.bold(
            `${formatFactor(metrics.speedup)} as fast at ${formatPercent(metrics.macsRatio)} of the MACs (${formatFactor(1 / metrics.macsRatio)} fewer)`,
          ),
        ]
      : []),
    ...models.flatMap(({ path, profile }) =>
      profile ? ['', paint.bold(path), ...formatProfile(profile)] : [],
    ),
  ];
}

function formatProfile(profile: NonNullable<BenchDocument['models'][number]['profile']>): readonly string[] {
  return formatTable(
    [
      { head: 'time', align: 'right' },
      { head: 'share', align: 'right' },
      { head: 'operator' },
      { head: 'node' },
    ],
    profile.map(({ ms, share, operator, node, kernel }) => [
      formatMs(ms),
      formatPercent(share),
      operator,
      node ?? `(${kernel})`,
    ]),
  );
}
