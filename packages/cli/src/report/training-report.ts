// `finetune` and `train` as text.
import { assumedFlag } from '../describe/describe-preprocess.ts';
import type { TrainingDocument } from '../documents/training-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatCount, formatNumberOf, formatScore, formatSeconds } from '../output/units.ts';

const ENDINGS: Readonly<Record<TrainingDocument['training']['stopped'], string>> = {
  steps: 'all steps were done',
  time: 'the time was up',
  'no-progress': 'evaluations no longer improved',
  interrupted: 'it was interrupted',
};

/** Lines of the report: before and after, what was trained and how long, where it lies, what to do next. */
export function formatTraining(document: TrainingDocument, paint: Paint): readonly string[] {
  const { before, after, metrics, training, data, objective, output, run, preprocess, next } = document;
  const { assumed } = document;
  const flag = preprocess === null ? undefined : assumedFlag(preprocess, assumed);
  const [heads = '', ...rows] = formatTable(
    [{ head: 'metric' }, { head: 'before', align: 'right' }, { head: 'after', align: 'right' }],
    [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => [
      name,
      formatScore(before[name]),
      formatScore(after[name]),
    ]),
  );
  return [
    ...(flag === undefined ? [] : [paint.yellow(`assumed, please confirm or change: ${flag}`), '']),
    paint.bold(heads),
    ...rows,
    '',
    `${formatNumberOf(data.judgedBy, 'sample')} to judge by, ${data.samples} to train on. ${objective}`,
    describeBest(training),
    `${formatNumberOf(training.steps, 'step')} of ${training.batch} samples in ${formatSeconds(metrics.seconds)}, ${Math.round(metrics.samplesPerSecond)} images/s; ${ENDINGS[training.stopped]}.`,
    describeTrained(training),
    ...(data.corrupt === 0
      ? []
      : [paint.yellow(`${formatNumberOf(data.corrupt, 'picture')} could not be decoded.`)]),
    '',
    `model: ${output}`,
    ...(run === null ? [] : [`run: ${run}`]),
    ...(next === null ? [] : ['', `next: ${paint.bold(next)}`]),
  ];
}

function describeBest({ bestStep, steps }: TrainingDocument['training']): string {
  if (bestStep > 0) return `The best of ${formatNumberOf(steps, 'step')} was step ${bestStep}.`;
  return 'No step was better than the weights it began with, which are what was written.';
}

function describeTrained({ parameters, restoredNorms, rollbacks }: TrainingDocument['training']): string {
  const norms =
    restoredNorms === 0 ? '' : `, ${formatNumberOf(restoredNorms, 'batch normalization')} put back`;
  const back =
    rollbacks === 0 ? '' : `; thrown back ${formatNumberOf(rollbacks, 'time')} by an exploding loss`;
  return `${formatCount(parameters)} parameters were trained${norms}${back}.`;
}
