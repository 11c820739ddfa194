// A run as the document of `runs show`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { triesOf } from '@espalier/core';
import { listRunFiles, type Run, type SearchRun, type TrainedRun } from '@espalier/node';
import type { RunsShowDocument } from '../documents/runs-show-document.ts';
import { resultOf, resumeOf, suggestNext } from './advise-run.ts';
import { describeRun, finite, startOf } from './describe-run.ts';
import { describeSettings } from './describe-settings.ts';

/** A run, whole. */
export async function describeWholeRun(run: Run): Promise<RunsShowDocument> {
  const { command: asked = null, folder = null, espalier = null, machine } = startOf(run);
  return {
    schema: 'espalier/runs-show@1',
    run: await describeRun(run),
    asked,
    folder,
    espalier,
    machine: machine ? `${machine.cpu}, ${machine.cores} cores, ${machine.platform}` : null,
    settings: describeSettings(run),
    ...(run.kind === 'search' ? describeSearch(run) : { training: describeTraining(run) }),
    files: [...(await listRunFiles(run.path))],
    result: resultOf(run),
    resume: resumeOf(run),
    next: suggestNext(run),
  };
}

function describeSearch({
  path,
  search: { steps, trials },
}: SearchRun): Pick<RunsShowDocument, 'steps' | 'trials'> {
  return {
    steps: steps.map(({ step, cost, judgement: { value, drop, interval, worst }, proof, model }) => ({
      ...{ step, cost, proof, tries: triesOf({ step, proof }, trials).length },
      judgement: { value, drop, interval: interval && [...interval], worst },
      model: existsSync(join(path, model)) ? model : null,
    })),
    trials: trials.map(({ iteration, strength, cost, cutAlone, recovered, allowed, accepted, seconds }) => ({
      ...{ step: iteration + 1, strength, macs: cost.macs, cutAlone: cutAlone.value },
      ...{ recovered: recovered.value, worst: recovered.worst, allowed, accepted, seconds },
    })),
  };
}

function describeTraining({ training }: TrainedRun): NonNullable<RunsShowDocument['training']> {
  const { planned = null, epochs, batch = null, parameters = null, rollbacks, evaluations, notes } = training;
  return {
    ...{ planned, epochs, batch, parameters, rollbacks },
    evaluations: evaluations.map(({ step, value, best }) => ({ step, value: finite(value), best })),
    notes: [...notes],
  };
}
