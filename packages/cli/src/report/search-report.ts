// `run` as text on the terminal; the whole of it is on the page in its folder.
import { describeClassDrop } from '../describe/describe-class-drop.ts';
import { nameStep } from '../describe/describe-run-facts.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import type { SearchDocument } from '../documents/search-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import {
  formatCount,
  formatDifference,
  formatMs,
  formatNumberOf,
  formatPercent,
  formatScore,
} from '../output/units.ts';
import { formatLatency } from './latency-report.ts';

/** More layers than this are folded on the terminal. */
const SHOWN_LAYERS = 12;

/** Lines of the report: step by step, what it came to, where it lies, what to do next. */
export function formatSearch(document: SearchDocument, paint: Paint): readonly string[] {
  const { layers, latency, output, run, remarks, next } = document;
  const more = layers.length - SHOWN_LAYERS;
  return [
    ...formatSteps(document, paint),
    '',
    describeJudgement(document),
    ...(latency ? ['', ...formatLatency(latency, { macs: macsOf(document, latency) })] : []),
    ...(layers.length > 0 ? ['', ...formatLayers(layers.slice(0, SHOWN_LAYERS))] : []),
    ...(more > 0 ? [`… and ${formatNumberOf(more, 'more layer')}, in ${run}/report.html`] : []),
    '',
    `model: ${output}`,
    `run: ${run} (report.html, report.md, results.csv, history.json, plan.json, ${describeModels(document)} in models/)`,
    ...(remarks.length === 0 ? [] : ['', ...remarks.map((remark) => paint.yellow(remark))]),
    '',
    `next: ${paint.bold(next)}`,
  ];
}

/** The table of steps. */
export function formatSteps(
  { steps, metric }: Pick<SearchDocument, 'steps' | 'metric'>,
  paint: Paint,
): readonly string[] {
  const right = 'right' as const;
  const first = steps[0]!;
  const isTimed = first.latency !== undefined;
  const [heads = '', ...rows] = formatTable(
    [
      { head: 'step', align: right },
      { head: 'MACs', align: right },
      { head: 'kept', align: right },
      { head: 'parameters', align: right },
      { head: 'kept', align: right },
      ...(isTimed
        ? [
            { head: 'ms', align: right },
            { head: 'kept', align: right },
          ]
        : []),
      { head: metric, align: right },
      { head: 'drop', align: right },
      { head: '95 % interval', align: right },
      { head: 'tries', align: right },
      { head: 'proof' },
    ],
    steps.map(({ step, cost, latency, judgement, tries, proof }) => [
      String(step),
      formatCount(cost.macs),
      formatPercent(cost.macs / first.cost.macs),
      formatCount(cost.params),
      formatPercent(cost.params / first.cost.params),
      ...(latency ? [formatMs(latency.ms), formatPercent(latency.fraction.value)] : []),
      formatScore(judgement.value),
      step === 0 ? '' : formatDifference(judgement.drop),
      step === 0 || !judgement.interval ? '' : judgement.interval.map(formatDifference).join(' to '),
      tries === 0 ? '' : String(tries),
      proof ?? '',
    ]),
  );
  return [paint.bold(heads), ...rows];
}

/** Fractions of the MACs of the models that were measured. */
function macsOf({ steps }: SearchDocument, { models }: LatencyField): readonly number[] {
  const macs = new Map(steps.map(({ step, cost }) => [nameStep(step), cost.macs / steps[0]!.cost.macs]));
  return models.map(({ name }) => macs.get(name)!);
}

function describeJudgement({ metric, metrics, judgedBy, confidence, steps }: SearchDocument): string {
  const { worst, worstClass } = steps.at(-1)!.judgement;
  const floor = worstClass ? ` At worst ${describeClassDrop(worstClass)}.` : '';
  return `${metric} ${formatScore(metrics.before)} before, ${formatScore(metrics.after)} after, on ${formatNumberOf(judgedBy, 'sample')} that nothing was learned from; at ${formatPercent(confidence)} confidence the drop is at most ${formatDifference(Math.max(0, worst))}.${floor}`;
}

/** Which steps have their model: not those that were thinned out. */
function describeModels({ steps }: SearchDocument): string {
  const kept = steps.flatMap(({ step, model }) => (model === null ? [] : [step]));
  return kept.length === steps.length ? 'every step' : `steps ${kept.join(' and ')}`;
}

function formatLayers(layers: SearchDocument['layers']): readonly string[] {
  return formatTable(
    [{ head: 'layer' }, { head: 'channels', align: 'right' }, { head: 'left', align: 'right' }],
    layers.map(({ node, channels, kept }) => [node, String(channels), String(kept)]),
  );
}
