// `run` as text on the terminal, and as the page in its folder.

import { describeClassDrop } from '../describe/describe-class-drop.ts';
import type { SearchDocument } from '../documents/search-document.ts';
import { type Paint, plainPaint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatCount, formatNumberOf, formatPercent, formatScore } from '../output/units.ts';
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
    ...(latency ? ['', ...formatLatency(latency, [1, document.metrics.macs])] : []),
    ...(layers.length > 0 ? ['', ...formatLayers(layers.slice(0, SHOWN_LAYERS))] : []),
    ...(more > 0 ? [`… and ${formatNumberOf(more, 'more layer')}, in ${run}/report.md`] : []),
    '',
    `model: ${output}`,
    `run: ${run} (report.md, history.json, plan.json, every step in models/)`,
    ...(remarks.length === 0 ? [] : ['', ...remarks.map((remark) => paint.yellow(remark))]),
    '',
    `next: ${paint.bold(next)}`,
  ];
}

/** The page `report.md`: the same, whole. */
export function formatSearchPage(document: SearchDocument): string {
  const { model, strategy, target, maxDrop, reason, layers, latency, metrics, remarks } = document;
  const fenced = (lines: readonly string[]): readonly string[] => ['```', ...lines, '```', ''];
  return [
    `# ${model.path}`,
    '',
    `Strategy ${strategy}, target ${target.measure} ${target.kept}, at most ${formatPercent(maxDrop)} of ${document.metric} lost; ended by: ${reason}.`,
    '',
    '## Steps',
    '',
    ...fenced(formatSteps(document, plainPaint)),
    describeJudgement(document),
    '',
    ...(latency ? ['## Latency', '', ...fenced(formatLatency(latency, [1, metrics.macs]))] : []),
    ...remarks.flatMap((remark) => [remark, '']),
    ...(layers.length > 0 ? ['## Widths', '', ...fenced(formatLayers(layers))] : []),
    `Next: \`espalier ${document.next.replace(/^espalier /, '')}\``,
    '',
  ].join('\n');
}

function formatSteps({ steps, metric }: SearchDocument, paint: Paint): readonly string[] {
  const right = 'right' as const;
  const first = steps[0]!;
  const [heads = '', ...rows] = formatTable(
    [
      { head: 'step', align: right },
      { head: 'MACs', align: right },
      { head: 'kept', align: right },
      { head: 'parameters', align: right },
      { head: 'kept', align: right },
      { head: metric, align: right },
      { head: 'drop', align: right },
      { head: '95 % interval', align: right },
      { head: 'tries', align: right },
      { head: 'proof' },
    ],
    steps.map(({ step, cost, judgement, tries, proof }) => [
      String(step),
      formatCount(cost.macs),
      formatPercent(cost.macs / first.cost.macs),
      formatCount(cost.params),
      formatPercent(cost.params / first.cost.params),
      formatScore(judgement.value),
      step === 0 ? '' : judgement.drop.toFixed(4),
      step === 0 || !judgement.interval ? '' : judgement.interval.map((end) => end.toFixed(4)).join(' to '),
      tries === 0 ? '' : String(tries),
      proof ?? '',
    ]),
  );
  return [paint.bold(heads), ...rows];
}

function describeJudgement({ metric, metrics, judgedBy, confidence, steps }: SearchDocument): string {
  const { worst, worstClass } = steps.at(-1)!.judgement;
  const floor = worstClass ? ` At worst ${describeClassDrop(worstClass)}.` : '';
  return `${metric} ${formatScore(metrics.before)} before, ${formatScore(metrics.after)} after, on ${formatNumberOf(judgedBy, 'sample')} that nothing was learned from; at ${formatPercent(confidence)} confidence the drop is at most ${Math.max(0, worst).toFixed(4)}.${floor}`;
}

function formatLayers(layers: SearchDocument['layers']): readonly string[] {
  return formatTable(
    [{ head: 'layer' }, { head: 'channels', align: 'right' }, { head: 'left', align: 'right' }],
    layers.map(({ node, channels, kept }) => [node, String(channels), String(kept)]),
  );
}
