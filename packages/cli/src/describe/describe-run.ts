// A run in short, as every document of `runs` tells it.
import { resolve } from 'node:path';
import { listRunFiles, type Run, type RunHolder, type SearchRun, type TrainedRun } from '@espalier/node';
import type { RunField } from '../documents/run-field.ts';
import { shortPath } from '../output/short-path.ts';
import type { RunStart } from './describe-start.ts';

/** What a record says of its start; other programs may have written less. */
export function startOf({ record }: Run): Partial<RunStart> {
  return record.about as Partial<RunStart>;
}

/** A run in short. */
export async function describeRun(run: Run): Promise<RunField> {
  const { standing, path, changedAt } = run;
  const { command, model = null, startedAt = null } = startOf(run);
  const files = await listRunFiles(path);
  return {
    run: shortPath(resolve(path)),
    path: resolve(path),
    command: command?.split(' ')[1] ?? null,
    model,
    startedAt,
    changedAt,
    state: standing.state,
    reason: standing.state === 'ended' ? standing.reason : null,
    process: standing.state === 'running' ? describeHolder(standing.holder) : null,
    steps: run.kind === 'search' ? (run.search.steps.at(-1)?.step ?? 0) : run.training.steps,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    metrics: run.kind === 'search' ? searchMetrics(run) : trainingMetrics(run),
  };
}

/** A number of the journal, where what is no number has become null. */
export function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function describeHolder({ pid, host, since }: RunHolder): RunField['process'] {
  return { pid, host, since };
}

const NOTHING_YET: RunField['metrics'] = {
  ...{ metric: null, before: null, after: null },
  ...{ drop: null, macs: null, params: null },
};

function searchMetrics({ search: { steps } }: SearchRun): RunField['metrics'] {
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) return NOTHING_YET;
  return {
    metric: first.judgement.metric,
    before: first.judgement.value,
    after: last.judgement.value,
    drop: last.judgement.drop,
    macs: last.cost.macs / first.cost.macs,
    params: last.cost.params / first.cost.params,
  };
}

function trainingMetrics({ training: { evaluations } }: TrainedRun): RunField['metrics'] {
  const first = evaluations[0];
  if (!first) return NOTHING_YET;
  const best = evaluations.findLast((each) => each.best) ?? first;
  const [before, after] = [finite(first.value), finite(best.value)];
  const sign = first.higherIsBetter ? 1 : -1;
  const drop = before === null || after === null ? null : sign * (before - after);
  return { ...NOTHING_YET, metric: first.name, before, after, drop };
}
