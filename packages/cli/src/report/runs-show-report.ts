// `runs show` as text.
import type { RunsShowDocument } from '../documents/runs-show-document.ts';
import { kebabName, type OptionRow } from '../options/option-row.ts';
import { options } from '../options/options.ts';
import { formatDate } from '../output/dates.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatBytes, formatCount, formatNumberOf, formatScore, formatSeconds } from '../output/units.ts';
import { formatState } from './run-state.ts';
import { formatSteps } from './search-report.ts';

type Step = NonNullable<RunsShowDocument['steps']>[number];
type Trial = NonNullable<RunsShowDocument['trials']>[number];
type Training = NonNullable<RunsShowDocument['training']>;

/** What a run that was used up by a limit needs to go on; a limit of time begins anew by itself. */
const MORE: Readonly<Record<string, string>> = { iterations: ' with more --iterations' };

/** Lines of the report: how it stands, what came of it, what it was asked, its files, what can be done with it. */
export function formatRunsShow(document: RunsShowDocument, paint: Paint): readonly string[] {
  const { run, asked, steps = [], trials = [], training, settings, files, result, resume, next } = document;
  const told = settings.filter(({ name, value }) => isTelling(name, value));
  const lost = steps.filter(({ model }) => model === null).map(({ step }) => step);
  return [
    `${paint.bold(run.run)}: ${describeState(document)}`,
    ...(asked === null ? [] : [asked]),
    describeOrigin(document),
    ...(steps.length === 0
      ? []
      : ['', ...formatSteps({ steps: [...steps], metric: metricOf(document) }, paint)]),
    ...(trials.length === 0 ? [] : ['', ...formatTrials(trials, steps, paint)]),
    ...(training ? ['', ...formatTraining(training, metricOf(document), paint)] : []),
    ...(told.length === 0 ? [] : ['', ...formatSettings(told, paint)]),
    '',
    ...formatFiles(files, paint),
    ...(lost.length === 0 ? [] : [describeLost(lost)]),
    '',
    ...(result === null ? [] : [`model: ${result}`]),
    ...(resume === null || resume === next ? [] : [`go on${MORE[run.reason ?? ''] ?? ''}: ${resume}`]),
    ...(next === null ? [] : [`next: ${paint.bold(next)}`]),
  ];
}

function metricOf({ run }: RunsShowDocument): string {
  return run.metrics.metric ?? 'metric';
}

function describeState({ run, training }: RunsShowDocument): string {
  const steps = training?.planned
    ? `${run.steps} of ${training.planned} steps`
    : formatNumberOf(run.steps, 'step');
  const by = run.process;
  const writer = by === null ? '' : ` (process ${by.pid} on ${by.host}, since ${formatDate(by.since)})`;
  return `${formatState(run)}${writer}, after ${steps}`;
}

function describeOrigin({ run, folder, espalier, machine }: RunsShowDocument): string {
  return [
    ...(folder === null ? [] : [`in ${folder}`]),
    `began ${formatDate(run.startedAt)}, last entry ${formatDate(run.changedAt)}`,
    ...(espalier === null ? [] : [`espalier ${espalier}`]),
    ...(machine === null ? [] : [machine]),
  ].join('; ');
}

function formatTrials(trials: readonly Trial[], steps: readonly Step[], paint: Paint): readonly string[] {
  const right = 'right' as const;
  const original = steps[0]?.cost.macs;
  const [heads = '', ...rows] = formatTable(
    [
      { head: 'try for step', align: right },
      { head: 'strength', align: right },
      { head: 'MACs left', align: right },
      { head: 'cut alone', align: right },
      { head: 'recovered', align: right },
      { head: 'worst drop', align: right },
      { head: 'allowed', align: right },
      { head: 'took', align: right },
      { head: '' },
    ],
    trials.map((trial) => [
      String(trial.step),
      String(trial.strength),
      original === undefined ? formatCount(trial.macs) : `${((100 * trial.macs) / original).toFixed(1)} %`,
      formatScore(trial.cutAlone),
      formatScore(trial.recovered),
      trial.worst.toFixed(4),
      trial.allowed.toFixed(4),
      formatSeconds(trial.seconds),
      trial.accepted ? 'accepted' : 'refused',
    ]),
  );
  return [paint.bold(heads), ...rows];
}

function formatTraining(training: Training, metric: string, paint: Paint): readonly string[] {
  const { evaluations, notes, batch, parameters, rollbacks } = training;
  const [heads = '', ...rows] = formatTable(
    [{ head: 'step', align: 'right' }, { head: metric, align: 'right' }, { head: '' }],
    evaluations.map(({ step, value, best }) => [
      String(step),
      formatScore(value),
      step === 0 ? 'as it came' : best ? 'the best so far' : '',
    ]),
  );
  const facts = [
    ...(parameters === null ? [] : [`${formatCount(parameters)} parameters`]),
    ...(batch === null ? [] : [`batches of ${batch}`]),
    `${training.epochs.toFixed(1)} epochs`,
    ...(rollbacks === 0 ? [] : [`thrown back ${formatNumberOf(rollbacks, 'time')}`]),
  ];
  return [
    ...(evaluations.length === 0 ? [] : [paint.bold(heads), ...rows, '']),
    `${facts.join(', ')}.`,
    ...notes,
  ];
}

/** Settings that somebody made; the digest of the model is for comparing. */
function isTelling(flag: string, value: unknown): boolean {
  const row = ROWS.get(flag);
  const isUsual = row !== undefined && 'default' in row && row.default === value;
  return flag !== 'model' && flag !== 'teacher' && !isUsual;
}

const ROWS: ReadonlyMap<string, OptionRow> = new Map(
  Object.entries(options).map(([name, row]) => [kebabName(name), row]),
);

function formatSettings(settings: RunsShowDocument['settings'], paint: Paint): readonly string[] {
  const [heads = '', ...rows] = formatTable(
    [{ head: 'setting' }, { head: 'value' }],
    settings.map(({ name, value }) => [name, formatValue(value)]),
  );
  return [paint.bold(heads), ...rows];
}

/** The value of a setting; `-` where it is not set. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function formatFiles(files: RunsShowDocument['files'], paint: Paint): readonly string[] {
  const [heads = '', ...rows] = formatTable(
    [{ head: 'file' }, { head: 'size', align: 'right' }, { head: '' }],
    files.map(({ name, bytes, text }) => [name, formatBytes(bytes), text]),
  );
  return [paint.bold(heads), ...rows];
}

function describeLost(steps: readonly number[]): string {
  const which =
    steps.length === 1 ? `model of step ${steps[0]} was` : `models of steps ${steps.join(', ')} were`;
  return `The ${which} not kept (--keep-models last); events.jsonl holds the channels that each step left.`;
}
