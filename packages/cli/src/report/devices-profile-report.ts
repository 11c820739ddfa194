// `devices profile` as text: the device, its stairs in words and as a plot, its best, and the layers that are known.
import { basename } from 'node:path';
import type { DevicesProfileDocument } from '../documents/devices-profile-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatFactor, formatNumberOf, formatPercent } from '../output/units.ts';
import { describeRoofline } from './roofline-report.ts';
import { plotStairs } from './stairs-plot.ts';

type Side = DevicesProfileDocument['stairs']['inputs'];

/** Channels that are removed in the example, where there are no steps. */
const NO_STEP_EXAMPLE = 16;

/** Lines of the report. */
export function formatDevicesProfile(document: DevicesProfileDocument, paint: Paint): readonly string[] {
  const { device, stairs, roofline, models, table, next } = document;
  return [
    describeDevice(device),
    `fingerprint: ${device.fingerprint}`,
    '',
    describeSide('output', stairs.outputs),
    describeSide('input', stairs.inputs),
    '',
    ...plotStairs([
      { title: 'time over output channels', times: stairs.outputs.times },
      { title: 'time over input channels', times: stairs.inputs.times },
    ]),
    '',
    ...(roofline ? [`at best: ${describeRoofline(roofline)}`] : []),
    ...(models.length > 0 ? ['', ...formatModels(models), ''] : []),
    `known: ${formatNumberOf(table.kinds, 'kind')} of layers, by ${formatNumberOf(table.samples, 'sample')}`,
    table.path === null
      ? paint.yellow('not saved: there is no cache folder; name a file with --latency-table')
      : `table: ${table.path}`,
    '',
    `next: ${paint.bold(next)}`,
  ];
}

function describeDevice({
  name,
  runtime,
  provider,
  threads,
  processor,
  cores,
  os,
  browser = '',
}: DevicesProfileDocument['device']): string {
  if (runtime === 'command') return `${name}: as the command prints it, ${provider}`;
  const facts = [
    processor,
    cores === undefined ? '' : `${cores} cores`,
    ...[os, browser, runtime, `provider ${provider}`],
    `threads ${threads ?? 'as the engine chooses'}`,
  ];
  return `${name}: ${facts.filter((fact) => fact !== '').join(', ')}`;
}

/** `widths cost in steps of 16 output channels: 16 of 64 removed is 1.40x as fast, 1 of 64 0.70x`. */
function describeSide(side: 'input' | 'output', { step, unit, penalty, times }: Side): string {
  const widest = times.at(-1)!;
  const speedup = (removed: number): string | undefined => {
    const cut = times.find(({ width }) => width === widest.width - removed);
    return cut && formatFactor(widest.ms / cut.ms);
  };
  const whole = step > 1 ? step : NO_STEP_EXAMPLE;
  const examples = [whole, 1].flatMap((removed) => {
    const factor = speedup(removed);
    return factor === undefined ? [] : [`${removed} of ${widest.width} removed is ${factor} as fast`];
  });
  const off = penalty > 1 ? `; off multiples of ${unit} they take ${formatFactor(penalty)} as long` : '';
  const law =
    step > 1 ? `widths cost in steps of ${step} ${side} channels` : `${side} channels cost one by one`;
  return `${law}: ${examples.join(', ')}${off}`;
}

function formatModels(models: DevicesProfileDocument['models']): readonly string[] {
  const right = 'right' as const;
  return formatTable(
    [
      { head: 'model' },
      { head: 'layers', align: right },
      { head: 'kinds', align: right },
      { head: 'known', align: right },
      { head: 'samples now', align: right },
      { head: 'model off by', align: right },
    ],
    models.map(({ path, layers, kinds, knownKinds, samples, modelError }) => [
      basename(path),
      ...[layers, kinds, knownKinds, samples].map(String),
      modelError === null ? '-' : formatPercent(modelError),
    ]),
  );
}
