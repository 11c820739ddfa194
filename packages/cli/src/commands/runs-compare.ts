// `espalier runs compare`: runs side by side, and their results on the clock in turn.
import { resolve } from 'node:path';
import type { Model } from '@espalier/core';
import { createOrtEngine, makeFeeds, type Run, readModel, readRun } from '@espalier/node';
import { resultOf } from '../describe/advise-run.ts';
import { compareJudgements } from '../describe/compare-judgements.ts';
import { describeRun, startOf } from '../describe/describe-run.ts';
import { differingSettings } from '../describe/describe-settings.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import type { RunsCompareDocument } from '../documents/runs-compare-document.ts';
import { given } from '../options/given.ts';
import { formatRunsCompare } from '../report/runs-compare-report.ts';
import { analyseModel } from './analyse.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { findRun } from './find-run.ts';
import { measureModels } from './measure.ts';

type Context = CommandContext<'runs compare'>;

/** Runs the command. */
export const runRunsCompare: RunCommand<'runs compare'> = async (context) => {
  const runs: Run[] = [];
  for (const name of context.arguments) runs.push(await readRun(await findRun(name)));
  const described = await Promise.all(runs.map(describeRun));
  const [first, ...others] = runs;
  const { latency, remarks } = await compareSpeed(runs, context);
  const document: RunsCompareDocument = {
    schema: 'espalier/runs-compare@1',
    runs: described,
    settings: differingSettings(runs),
    drops: others.map((run, i) => ({
      run: described[i + 1]!.run,
      against: described[0]!.run,
      ...compareJudgements(first!, run),
    })),
    ...(latency && { latency }),
    remarks: [...remarks],
  };
  return { document, lines: formatRunsCompare(document, context.terminal.paint) };
};

interface ComparedSpeed {
  readonly latency?: LatencyField;
  readonly remarks: readonly string[];
}

/** Measures the results in turn, as the same input makes them comparable; behind the original where all began with the same. */
async function compareSpeed(runs: readonly Run[], context: Context): Promise<ComparedSpeed> {
  const { bench, provider, threads } = context.options;
  if (!bench) return { remarks: [] };
  const subjects: { name: string; model: Model; path: string }[] = [];
  for (const run of runs) {
    const path = resultOf(run);
    if (path === null) return { remarks: [`Nothing was measured: ${run.path} has no model yet.`] };
    subjects.push({ name: run.path, path, model: (await readModel(path)).model });
  }
  const originals = new Set(runs.map(({ record }) => record.settings.model));
  const [first] = runs;
  if (originals.size === 1 && first?.kind === 'search') {
    const path = resolve(first.path, first.search.steps[0]!.model);
    subjects.unshift({ name: 'original', path, model: (await readModel(path)).model });
  }
  const inputs = new Set(subjects.map(({ model }) => JSON.stringify(model.graph.inputs)));
  if (inputs.size > 1) return { remarks: ['Nothing was measured: the models take different inputs.'] };
  const engine = createOrtEngine();
  const inputShape = (startOf(first!).options?.inputShape ?? []) as readonly string[];
  const { traced } = await analyseModel(subjects[0]!.path, { ...context, options: { inputShape } }, engine);
  const { signal, terminal } = context;
  const placement = given({ provider, threads });
  const timing = { minSeconds: 1, seed: 0, signal };
  const latency = await measureModels(
    engine,
    subjects,
    makeFeeds(traced, 0),
    { ...placement, ...timing },
    terminal,
  );
  return { latency, remarks: [] };
}
