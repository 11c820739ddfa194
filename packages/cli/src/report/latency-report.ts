// Latencies as a table.
import { LOCAL_NAME } from '@espalier/core';
import type { LatencyField } from '../documents/latency-field.ts';
import { formatTable } from '../output/text-table.ts';
import { formatBytes, formatFactor, formatMs, formatPercent } from '../output/units.ts';

/** What else the table and the line below it tell. */
export interface LatencyExtras {
  /** Fractions of the first model's MACs, in the order of the models. */
  readonly macs?: readonly number[];
  /** Threads that the engine was seen to compute on. */
  readonly threads?: number;
}

/** Lines: one per model with its median, the interval that holds it, percentiles and the speed-up over the first; then where it was measured. */
export function formatLatency(
  latency: LatencyField,
  { macs, threads }: LatencyExtras = {},
): readonly string[] {
  const { models } = latency;
  const right = 'right' as const;
  return [
    ...formatTable(
      [
        { head: 'model' },
        { head: 'median', align: right },
        { head: '95 % interval', align: right },
        { head: 'p90', align: right },
        { head: 'p95', align: right },
        { head: 'p99', align: right },
        { head: 'runs', align: right },
        { head: 'speed-up', align: right },
        { head: '95 % interval', align: right },
        ...(macs ? [{ head: 'MACs', align: right }] : []),
      ],
      models.map(({ name, iterations, medianMs, p90Ms, p95Ms, p99Ms, speedup }, i) => [
        name,
        formatMs(medianMs.value),
        medianMs.interval.map(formatMs).join(' to '),
        formatMs(p90Ms),
        formatMs(p95Ms),
        formatMs(p99Ms),
        String(iterations),
        formatFactor(speedup.value),
        speedup.interval.map(formatFactor).join(' to '),
        ...(macs ? [formatPercent(macs[i]!)] : []),
      ]),
    ),
    describePlace(latency, threads),
  ];
}

/** Bytes of a model. */
export interface ModelBytes {
  readonly weightBytes: number;
  /** Absent where memory was not measured. */
  readonly peakBytes?: number;
}

/** Lines: one per model with what it takes before it runs at speed, and its bytes where they are given; none where there is nothing to tell. */
export function formatStart({ models }: LatencyField, bytes?: readonly ModelBytes[]): readonly string[] {
  const showsTimes = models.some(
    ({ loadMs, firstRunMs }) => loadMs !== undefined || firstRunMs !== undefined,
  );
  const showsPeak = bytes?.some(({ peakBytes }) => peakBytes !== undefined) ?? false;
  if (!showsTimes && bytes === undefined) return [];
  const right = 'right' as const;
  const time = (ms: number | undefined): string => (ms === undefined ? '' : formatMs(ms));
  return formatTable(
    [
      { head: 'model' },
      ...(showsTimes
        ? [
            { head: 'load', align: right },
            { head: 'first run', align: right },
          ]
        : []),
      ...(bytes ? [{ head: 'weights', align: right }] : []),
      ...(showsPeak ? [{ head: 'peak memory', align: right }] : []),
    ],
    models.map(({ name, loadMs, firstRunMs }, i) => {
      const { weightBytes, peakBytes } = bytes?.[i] ?? {};
      return [
        name,
        ...(showsTimes ? [time(loadMs), time(firstRunMs)] : []),
        ...(bytes ? [formatBytes(weightBytes!)] : []),
        ...(showsPeak ? [peakBytes === undefined ? '' : formatBytes(peakBytes)] : []),
      ];
    }),
  );
}

/** Where and how it was measured, as a line. */
export function describePlace({ device, provider, threads }: LatencyField, seen?: number): string {
  if (device?.runtime === 'command') return `measured in turn, as the command prints it: ${provider}`;
  const chosen = `as the engine chooses${seen === undefined ? '' : ` (${seen})`}`;
  const how = `provider ${provider}, threads ${threads ?? chosen}`;
  if (device === undefined) return `measured in turn; ${how}`;
  const { name, runtime, processor, cores, os, browser } = device;
  const facts = [processor, cores === undefined ? '' : `${cores} cores`, os, browser ?? '', runtime];
  if (name === LOCAL_NAME) {
    const machine = facts.slice(0, 2).filter((fact) => fact !== '');
    return ['measured in turn', how, ...(machine.length > 0 ? [machine.join(', ')] : [])].join('; ');
  }
  return `measured in turn on ${name} (${facts.filter((fact) => fact !== '').join(', ')}); ${how}`;
}
