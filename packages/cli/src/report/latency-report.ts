// Latencies as a table.
import { LOCAL_NAME } from '@espalier/core';
import type { LatencyField } from '../documents/latency-field.ts';
import { formatTable } from '../output/text-table.ts';
import { formatFactor, formatMs, formatPercent } from '../output/units.ts';

/**
 * Lines: one per model with its median, the interval that holds it, percentiles and the speed-up over the first. `macs`, where it is
 * given, are fractions of the first model's MACs in the order of the models.
 */
export function formatLatency(latency: LatencyField, macs?: readonly number[]): readonly string[] {
  const { models } = latency;
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
        loadMs === undefined ? '' : formatMs(loadMs),
        formatFactor(speedup.value),
        speedup.interval.map(formatFactor).join(' to '),
        ...(macs ? [formatPercent(macs[i]!)] : []),
      ]),
    ),
    describePlace(latency),
  ];
}

/** Where and how it was measured, as a line. */
export function describePlace({ device, provider, threads }: LatencyField): string {
  if (device?.runtime === 'command') return `measured in turn, as the command prints it: ${provider}`;
  const how = `provider ${provider}, threads ${threads ?? 'as the engine chooses'}`;
  if (device === undefined || device.name === LOCAL_NAME) return `measured in turn; ${how}`;
  const { name, runtime, processor, cores, os, browser } = device;
  const facts = [processor, cores === undefined ? '' : `${cores} cores`, os, browser ?? '', runtime];
  return `measured in turn on ${name} (${facts.filter((fact) => fact !== '').join(', ')}); ${how}`;
}
