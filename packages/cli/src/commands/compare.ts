// `espalier compare`: the steps of a run, or models, side by side on every device that is asked for, and one of them picked by a rule.
import { resolve } from 'node:path';
import { type Candidate, decide, type Measured, measureDrop, memoryNeed, worstDrop } from '@espalier/core';
import { createOrtEngine, stageFile, writeModel } from '@espalier/node';
import { evalOf } from '../describe/advise-run.ts';
import { remarkOnPick } from '../describe/describe-choice.ts';
import { type Compared, describeComparison } from '../describe/describe-comparison.ts';
import type { CompareDocument } from '../documents/compare-document.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { shortPath } from '../output/short-path.ts';
import { formatCompare } from '../report/compare-report.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { type ComparedModel, type ComparedModels, gatherModels } from './compared-models.ts';
import { parseWeights, settleDecision } from './decision-settings.ts';
import { deviceModels } from './elsewhere.ts';
import { measureOn, timingOf } from './measure.ts';
import { type OpenDevices, openDevices } from './open-devices.ts';

type Context = CommandContext<'compare'>;

/** Runs the command. */
export const runCompare: RunCommand<'compare'> = async (context) => {
  // What can be wrong with the words is said before anybody waits for a device.
  parseWeights(context.options.weights);
  const { output, force } = context.options;
  if (output !== undefined) await (await stageFile(output, '', { force })).discard();
  // Before the models are looked at, so that devices can join meanwhile.
  const places = await openDevices(context);
  try {
    return await compare(context, places);
  } finally {
    await places.close();
  }
};

async function compare(context: Context, places: OpenDevices): Promise<CommandResult> {
  const { options, terminal } = context;
  const gathered = await gatherModels(context, createOrtEngine());
  const { models, run, remarks } = gathered;
  const metric = models[0]!.reading?.metric ?? null;
  const settings = settleDecision(context, run, metric !== null);

  const sent = deviceModels(
    models.map(({ analysis }) => analysis),
    models.map(({ name }) => name),
  );
  const devices: LatencyField[] = [];
  // One after the other: two devices may be one machine.
  for (const device of await places.devices()) {
    devices.push(await measureOn(device, sent, timingOf(context), terminal));
  }

  const compared = models.map(
    (model, i): Compared => describeCandidate(model, models[0]!, speedupsOf(devices, i), settings.confidence),
  );
  const candidates = compared.map(({ candidate }) => candidate);
  const decision = decide(candidates, settings);
  const facts = { ...settings, metric, devices: devices.map(({ device }) => device!.name) };
  const picked = models[decision.pick]!;
  const written =
    options.output === undefined
      ? undefined
      : await writeModel(options.output, picked.analysis.file.model, { force: options.force });
  const path = written?.path ?? picked.analysis.file.path;
  const document: CompareDocument = {
    schema: 'espalier/compare@1',
    run: run ? resolve(run.path) : null,
    ...describeComparison(compared, devices, decision, facts),
    output: written ? resolve(written.path) : null,
    remarks: [...remarks, ...remarkOnPick(candidates, decision, facts)],
    next: decision.pick === 0 ? null : suggestNext(resolve(path), gathered, context),
  };
  return { document, lines: formatCompare(document, terminal.paint) };
}

function speedupsOf(devices: readonly LatencyField[], index: number): readonly Measured[] {
  return devices.map(({ models }) => models[index]!.speedup);
}

function describeCandidate(
  model: ComparedModel,
  original: ComparedModel,
  speedups: readonly Measured[],
  confidence: number,
): Compared {
  const { name, reading, analysis } = model;
  const memory = memoryNeed(analysis.traced);
  const drop = reading && measureDrop(original.reading!, reading, reading.higherIsBetter);
  const candidate: Candidate = {
    ...{ name, speedups },
    ...(drop && {
      drop: { value: drop.value, interval: drop.interval, worst: worstDrop(drop, confidence) },
    }),
    bytes: analysis.file.bytes,
    memoryBytes: memory.weightBytes + memory.activationBytes,
  };
  return { ...model, memory, candidate };
}

/** What is sensible to do with the pick: judge it where that was not done, else see where its time goes. */
function suggestNext(path: string, { models, run }: ComparedModels, { options }: Context): string {
  const model = shortPath(path);
  const fromRun = run && evalOf(run, path);
  if (fromRun) return fromRun;
  const original = shortPath(models[0]!.analysis.file.path);
  if (options.data !== undefined) return formatCommandLine('bench', [original, model], { profile: true });
  return `${formatCommandLine('eval', [model], { reference: original })} --data DATA`;
}
