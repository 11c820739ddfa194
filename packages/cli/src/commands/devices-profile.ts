// `espalier devices profile`: what is to know of a device before a cut, measured once and kept.
import { resolve } from 'node:path';
import { EspalierError, type LatencyTable, median, type Roofline } from '@espalier/core';
import {
  type Analysis,
  countSamples,
  createOrtEngine,
  type Device,
  fitBothStairs,
  follow,
  measureRoofline,
  measureStairCurves,
  type ProfiledModel,
  profileModel,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import type { DevicesProfileDocument } from '../documents/devices-profile-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { formatDevicesProfile } from '../report/devices-profile-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { type Elsewhere, openElsewhere } from './elsewhere.ts';
import { openKnownDevice } from './latency-device.ts';

/** Sweeps over the widths: who asks for a profile has the seconds that make it surer. */
const SWEEPS = 3;

type Context = CommandContext<'devices profile'>;

/** Runs the command. What was learned before an interrupt is kept. */
export const runDevicesProfile: RunCommand<'devices profile'> = async (context) => {
  // First, so that a device can join while the models are looked at.
  const elsewhere = await openElsewhere(context);
  try {
    return await profile(context, elsewhere);
  } finally {
    await elsewhere?.close();
  }
};

async function profile(context: Context, elsewhere: Elsewhere | undefined): Promise<CommandResult> {
  const { options, terminal, signal } = context;
  const engine = createOrtEngine();
  const analyses: Analysis[] = [];
  for (const path of context.arguments) analyses.push(await analyseModel(path, context, engine));
  const { device, path, table: known, save } = await openKnownDevice(options, engine, elsewhere);
  const label = 'measuring how latency depends on widths';
  terminal.progress(label);
  const sweeps = device.startsAnew ? 1 : SWEEPS;
  const curves = await follow(measureStairCurves(device, { sweeps, signal }), (fraction) =>
    terminal.progress(label, fraction),
  );
  // Times of layers stay true whatever the stairs are thought to be.
  let table: LatencyTable = { stairs: fitBothStairs(curves), units: known?.units ?? {} };
  await save(table);
  const roofline = await tryRoofline(device, context);
  const models: DevicesProfileDocument['models'] = [];
  for (const analysis of analyses) {
    const found = await follow(profileModel(analysis, { device, engine, table, signal }), (event) =>
      showEvent(event, terminal),
    );
    ({ table } = found);
    await save(table);
    models.push(describeProfiled(analysis, found));
  }
  const { stairs, units } = table;
  const document: DevicesProfileDocument = {
    schema: 'espalier/devices-profile@1',
    device: { ...device.description },
    stairs: {
      inputs: { ...stairs.inputs, times: [...curves.inputs] },
      outputs: { ...stairs.outputs, times: [...curves.outputs] },
    },
    ...(roofline && { roofline: { ...roofline } }),
    models,
    table: {
      path: path === undefined ? null : resolve(path),
      kinds: Object.keys(units).length,
      samples: countSamples(table),
    },
    next: adviseCut(context),
  };
  return { document, lines: formatDevicesProfile(document, terminal.paint) };
}

/** Undefined, with a warning, where the device cannot run what it is measured by, for want of memory for one. */
async function tryRoofline(device: Device, { terminal, signal }: Context): Promise<Roofline | undefined> {
  terminal.progress('measuring arithmetic and memory');
  try {
    return await measureRoofline(device, signal);
  } catch (error) {
    if (!(error instanceof EspalierError) || error.kind !== 'engine') throw error;
    terminal.warn(`The best of this device is not known: ${error.message}`);
    return undefined;
  }
}

function describeProfiled(
  { file }: Analysis,
  { layers, kinds, knownKinds, samples, heldOut }: ProfiledModel,
): DevicesProfileDocument['models'][number] {
  const errors = heldOut.map(({ ms, predictedMs }) => Math.abs(predictedMs / ms - 1));
  const modelError = errors.length === 0 ? null : median(errors);
  return { ...describeFile(file), layers, kinds, knownKinds, samples, modelError };
}

/** A cut for this device, which is named as it was here. */
function adviseCut({ options, sources, arguments: [model = 'MODEL'] }: Context): string {
  const { provider, on, benchCommand, benchPattern, benchTimeout } = options;
  const typed = {
    ...{ provider, threads: options.threads, latencyTable: options.latencyTable },
    ...{ on, benchCommand, benchPattern, benchTimeout },
  };
  const flags = Object.entries(typed).filter(([name]) => sources[name as keyof typeof typed] === 'flag');
  return formatCommandLine('prune', [model], { latency: 0.6, ...Object.fromEntries(flags) });
}
