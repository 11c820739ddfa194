// The tables of a run: before and after, every step, every try, every layer, every class, what is frozen.
import { formatDrop, formatLoss } from '../page/headline.ts';
import type { PageStep, RunPage } from '../page/run-page.ts';
import {
  formatBytes,
  formatCount,
  formatDifference,
  formatFactor,
  formatMs,
  formatPercent,
  formatScore,
  formatSeconds,
  formatWhole,
} from '../text/units.ts';
import { formatRange, numbers, type PageTable } from './page-table.ts';

/** Parameters, MACs, size, latency and metric of the original and of the last model; only what is known of both. */
export function compareTable(page: RunPage): PageTable {
  const [first, last] = [page.steps[0], page.steps.at(-1)];
  const columns = [{ head: '' }, numbers('before'), numbers('after'), numbers('change')];
  if (first === undefined || last === undefined) return { columns, rows: [] };
  const share = (before: number, after: number): string => formatPercent(after / before);
  const { metric } = page;
  const change = last.dropInterval
    ? `${formatDrop(metric, last.drop)} (${formatDropRange(metric, last.dropInterval)})`
    : formatDrop(metric, last.drop);
  return {
    columns,
    rows: [
      ['MACs', formatCount(first.cost.macs), formatCount(last.cost.macs), formatPercent(last.kept.macs)],
      [
        'parameters',
        formatCount(first.cost.params),
        formatCount(last.cost.params),
        formatPercent(last.kept.params),
      ],
      [
        'activations',
        formatBytes(first.cost.activationBytes),
        formatBytes(last.cost.activationBytes),
        share(first.cost.activationBytes, last.cost.activationBytes),
      ],
      ...(first.bytes !== undefined && last.bytes !== undefined
        ? [['file', formatBytes(first.bytes), formatBytes(last.bytes), share(first.bytes, last.bytes)]]
        : []),
      ...(first.latency && last.latency
        ? [
            [
              'latency',
              describeLatency(first.latency.medianMs),
              describeLatency(last.latency.medianMs),
              `${formatFactor(last.latency.speedup.value)} as fast (${formatRange(last.latency.speedup.interval, formatFactor)})`,
            ],
          ]
        : []),
      [metric.name, describeMetric(first), describeMetric(last), change],
    ],
  };
}

function describeLatency({
  value,
  interval,
}: {
  readonly value: number;
  readonly interval: readonly [number, number];
}): string {
  return `${formatMs(value)} (${formatRange(interval, formatMs)})`;
}

function describeMetric({ value, interval }: PageStep): string {
  return interval ? `${formatScore(value)} (${formatRange(interval, formatScore)})` : formatScore(value);
}

/** An interval of a drop as one of the change of the metric, smaller end first. */
function formatDropRange(metric: RunPage['metric'], [low, high]: readonly [number, number]): string {
  const ends = metric.higherIsBetter ? [high, low] : [low, high];
  return ends.map((end) => formatDrop(metric, end).replace(' points', '')).join(' to ');
}

/** Every accepted state. */
export function stepsTable({ steps, metric, latency }: RunPage): PageTable {
  const hasFiles = steps.some(({ bytes }) => bytes !== undefined);
  return {
    columns: [
      numbers('step'),
      numbers('MACs'),
      numbers('kept'),
      numbers('parameters'),
      numbers('kept'),
      ...(hasFiles ? [numbers('file')] : []),
      ...(latency ? [numbers('median'), numbers('speed-up')] : []),
      numbers(metric.name),
      numbers('drop'),
      numbers('95 % interval'),
      numbers('tries'),
      { head: 'proof' },
    ],
    rows: steps.map((step) => [
      step.step === 0 ? 'original' : String(step.step),
      formatCount(step.cost.macs),
      formatPercent(step.kept.macs),
      formatCount(step.cost.params),
      formatPercent(step.kept.params),
      ...(hasFiles ? [step.bytes === undefined ? '' : formatBytes(step.bytes)] : []),
      ...(latency
        ? [
            step.latency ? formatMs(step.latency.medianMs.value) : '',
            step.latency ? formatFactor(step.latency.speedup.value) : '',
          ]
        : []),
      formatScore(step.value),
      step.step === 0 ? '' : formatDifference(step.drop),
      formatRange(step.dropInterval, formatDifference),
      step.tries === 0 ? '' : String(step.tries),
      step.proof ?? '',
    ]),
  };
}

/** Every cut that was tried. */
export function triesTable({ trials, metric }: RunPage): PageTable {
  return {
    columns: [
      numbers('cut'),
      numbers('strength'),
      numbers('MACs kept'),
      numbers('before recovery'),
      numbers(`${metric.name}`),
      numbers('drop'),
      numbers('95 % interval'),
      numbers('may be'),
      numbers('allowed'),
      { head: 'verdict' },
      numbers('took'),
    ],
    rows: trials.map((trial) => [
      String(trial.cut),
      String(trial.strength),
      formatPercent(trial.kept),
      formatScore(trial.before),
      formatScore(trial.value),
      formatDifference(trial.drop),
      formatRange(trial.dropInterval, formatDifference),
      formatDifference(trial.worst),
      formatDifference(trial.allowed),
      trial.accepted ? 'accepted' : 'refused',
      formatSeconds(trial.seconds),
    ]),
  };
}

/** Layers that make channels, before and after. */
export function widthsTable({ layers }: RunPage): PageTable {
  return {
    columns: [
      numbers('#'),
      { head: 'layer' },
      { head: 'operator' },
      numbers('channels'),
      numbers('left'),
      numbers('MACs'),
      numbers('left'),
    ],
    rows: layers.map(({ node, operator, channels, kept, macs, keptMacs }, index) => [
      String(index + 1),
      node,
      operator,
      String(channels),
      String(kept),
      formatCount(macs),
      formatCount(keptMacs),
    ]),
  };
}

/** What every accepted cut took, and the proof that nothing else changed. */
export function proofsTable({ steps }: RunPage): PageTable {
  const cuts = steps.filter(({ proof }) => proof !== null);
  const isKnown = cuts.some(({ evidence }) => evidence);
  return {
    columns: [
      numbers('cut'),
      numbers('groups cut'),
      numbers('channels cut'),
      { head: 'proof' },
      ...(isKnown
        ? [
            numbers('deviation'),
            numbers('allowed'),
            numbers('outputs'),
            numbers('layers'),
            numbers('channels'),
            numbers('silent'),
          ]
        : []),
    ],
    rows: cuts.map(({ step, cuts: groups, proof, evidence }) => [
      String(step),
      String(groups.length),
      formatWhole(groups.reduce((sum, { removed }) => sum + removed, 0)),
      proof ?? '',
      ...(isKnown ? describeEvidence(evidence) : []),
    ]),
  };
}

function describeEvidence(evidence: PageStep['evidence']): readonly string[] {
  if (evidence === undefined) return ['', '', '', '', '', ''];
  const { deviation, tolerance, outputs, layers, rows, unprovenRows } = evidence;
  return [
    deviation === null ? 'no number' : deviation.toExponential(1),
    tolerance.toExponential(0),
    ...[outputs, layers, rows, unprovenRows].map(formatWhole),
  ];
}

/** What every accepted cut took, layer by layer. */
export function cutsTable({ steps }: RunPage): PageTable {
  return {
    columns: [numbers('cut'), { head: 'layer' }, numbers('had'), numbers('lost')],
    rows: steps.flatMap(({ step, cuts }) =>
      cuts.map(({ root, channels, removed }) => [String(step), root, String(channels), String(removed)]),
    ),
  };
}

/** What a metric says of every class, greatest loss first. */
export function classesTable({ classes, metric }: RunPage): PageTable {
  return {
    columns: [{ head: 'class' }, numbers('before'), numbers('after'), numbers('change')],
    rows: classes.map(({ name, before, after, loss }) => [
      name,
      formatScore(before),
      formatScore(after),
      formatDrop(metric, loss),
    ]),
  };
}

/** What no cut can take, and why. */
export function frozenTable({ frozen }: RunPage): PageTable {
  return {
    columns: [{ head: 'nodes' }, numbers('channels'), { head: 'because' }],
    rows: frozen.map(({ members, channels, because }) => [members.join(', '), String(channels), because]),
  };
}

/** Shares that groups lost alone and what that cost; drops in the unit of the metric. */
export function sensitivityTable({ analysis, metric }: RunPage): PageTable {
  const curves = analysis?.curves ?? [];
  const rates = [...new Set(curves.flatMap(({ points }) => points.map(({ rate }) => rate)))].sort(
    (a, b) => a - b,
  );
  return {
    columns: [
      { head: 'group' },
      numbers('channels'),
      ...rates.map((rate) => numbers(`−${formatPercent(rate).replace('.0 %', ' %')}`)),
      { head: 'age' },
    ],
    rows: curves.map(({ name, channels, points, age }) => [
      name,
      String(channels),
      ...rates.map((rate) => {
        const point = points.find((each) => each.rate === rate);
        return point ? formatLoss(metric, point.drop) : '';
      }),
      describeAge(age),
    ]),
  };
}

/** `fresh`, `1 cut old`. */
export function describeAge(age: number): string {
  return age === 0 ? 'fresh' : `${age} cut${age === 1 ? '' : 's'} old`;
}
