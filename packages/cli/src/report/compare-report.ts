// `compare` as text.
import { LOCAL_NAME } from '@espalier/core';
import type { CompareDocument } from '../documents/compare-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import {
  formatBytes,
  formatDifference,
  formatFactor,
  formatMs,
  formatPercent,
  formatScore,
} from '../output/units.ts';
import { describePlace } from './latency-report.ts';

type Model = CompareDocument['models'][number];

/** Lines of the report: a line per model, where it was measured, which one the rule picks and how the score comes about, what to do next. */
export function formatCompare(document: CompareDocument, paint: Paint): readonly string[] {
  const { pick, remarks, output, next } = document;
  return [
    ...formatModels(document, paint),
    '',
    ...describeDevices(document),
    describeSet(document),
    `score = ${document.decision.formula}; 1 is the original`,
    '',
    paint.bold(describePick(document)),
    `model: ${output ?? pick.path}`,
    ...(remarks.length === 0 ? [] : ['', ...remarks.map((remark) => paint.yellow(remark))]),
    ...(next === null ? [] : ['', `next: ${paint.bold(next)}`]),
  ];
}

function formatModels({ models, metric, devices, pick }: CompareDocument, paint: Paint): readonly string[] {
  const right = 'right' as const;
  const original = models[0]!;
  const [heads = '', ...rows] = formatTable(
    [
      { head: 'model' },
      ...(metric === null
        ? []
        : [
            { head: metric, align: right },
            { head: 'drop', align: right },
            { head: '95 % interval', align: right },
          ]),
      { head: 'MACs', align: right },
      { head: 'size', align: right },
      { head: 'memory', align: right },
      ...devices.flatMap((_, i) => [
        { head: devices.length === 1 ? 'median' : `median ${i + 1}`, align: right },
        { head: 'speed-up', align: right },
        { head: '95 % interval', align: right },
      ]),
      { head: 'score', align: right },
      { head: 'Pareto set' },
    ],
    models.map((model, i) => [
      model.name,
      ...(metric === null ? [] : formatJudgement(model, i === 0)),
      formatPercent(model.macs / original.macs),
      formatBytes(model.model.bytes),
      formatBytes(model.memory.weightBytes + model.memory.activationBytes),
      ...model.latency.flatMap(({ medianMs, speedup }) => [
        formatMs(medianMs.value),
        formatFactor(speedup.value),
        i === 0 ? '' : speedup.interval.map(formatFactor).join(' to '),
      ]),
      model.score.toFixed(2),
      describePlaceInSet(model),
    ]),
  );
  const picked = models.findIndex(({ model }) => model.path === pick.path);
  return [paint.bold(heads), ...rows.map((row, i) => (i === picked ? paint.bold(row) : row))];
}

function formatJudgement({ judgement }: Model, isOriginal: boolean): readonly string[] {
  if (judgement === null) return ['-', '', ''];
  const { value, drop, interval } = judgement;
  if (isOriginal) return [formatScore(value), '', ''];
  return [
    formatScore(value),
    formatDifference(drop),
    interval === null ? '' : interval.map(formatDifference).join(' to '),
  ];
}

function describePlaceInSet({ behind }: Model): string {
  if (behind === null) return 'yes';
  return `behind ${behind.name}${behind.clear ? '' : ', by no more than noise'}`;
}

/** Where the times are from: never those of two devices in one column. */
function describeDevices({ devices }: CompareDocument): readonly string[] {
  return devices.map((latency, i) => {
    const { name, fingerprint } = latency.device!;
    const number = devices.length === 1 ? '' : `${i + 1}: `;
    // Of another device the place says its name.
    const place = name === LOCAL_NAME ? `${name}, ${describePlace(latency)}` : describePlace(latency);
    return `${number}${place} (device ${fingerprint})`;
  });
}

function describeSet({ metric, decision: { weights } }: CompareDocument): string {
  const counted = Object.entries(weights).flatMap(([name, weight]) =>
    weight > 0 && (name !== 'accuracy' || metric !== null) ? [name] : [],
  );
  const by = counted.length === 1 ? counted[0] : `${counted.slice(0, -1).join(', ')} and ${counted.at(-1)}`;
  return `Pareto set, by ${by}: nothing else is as good in all of that and better in some. Memory: weights and live values, by the graph.`;
}

function describePick({ models, pick, metrics, metric, decision }: CompareDocument): string {
  const picked = `pick: ${pick.name}, ${decision.text}`;
  if (pick.path === models[0]!.model.path) return picked;
  const gains = [
    `${formatFactor(metrics.speedup)} as fast`,
    `${formatPercent(metrics.bytes)} of the size`,
    ...(metrics.drop === null ? [] : [`${formatDifference(metrics.drop)} of ${metric} lost`]),
    `score ${metrics.score.toFixed(2)}`,
  ];
  return `${picked} (${gains.join(', ')})`;
}
