// `init` as text, and the head of the file it writes.
import type { InitDocument } from '../documents/init-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import {
  formatCount,
  formatDims,
  formatNumberOf,
  formatPercent,
  formatScore,
  formatWhole,
} from '../output/units.ts';

const TASKS: Readonly<Record<InitDocument['model']['task'], string>> = {
  classify: 'a classifier',
  detect: 'a detector',
  segment: 'a segmentation network',
  other: 'a network of another kind',
};

const LABELS: Readonly<Record<NonNullable<InitDocument['data']>['labels'], string>> = {
  class: 'one class per sample',
  boxes: 'boxes',
  mask: 'masks',
  array: 'arrays',
  none: 'none: the answers of the original are the truth',
};

/** Lines of the report: the model, the data, the preprocessings that were tried, the file, what is in the way, and the next command. */
export function formatInit(document: InitDocument, paint: Paint): readonly string[] {
  const { file, settings, obstacles, next } = document;
  const facts = listFacts(document);
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    ...facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    ...formatTrials(document, paint),
    '',
    paint.bold(`written: ${file}`),
    ...Object.entries(settings).map(
      ([key, value]) => `  ${key}: ${Array.isArray(value) ? value.join(', ') : value}`,
    ),
    '',
    ...obstacles.map((text) => `${paint.yellow('first')}: ${text}`),
    `next: ${next}`,
  ];
}

/** Sentences on what was found, for the head of the config file. */
export function formatInitHead(document: InitDocument): readonly string[] {
  return [
    'What `espalier run` does when it is started in this folder, written by `espalier init`. A flag or an environment variable goes before a key here.',
    'A `#` directly before a key switches it off. Paths are relative to this file. `espalier run --help` lists every key.',
    '',
    ...listFacts(document).map(([name, text]) => `${name}: ${text}`),
    ...document.obstacles.map((text) => `FIRST: ${text}`),
  ];
}

type Fact = readonly [name: string, text: string];

function listFacts({ model, metrics, data }: InitDocument): readonly Fact[] {
  const { convolutions, prunableConvolutions, groups, frozen, leastMacs } = metrics;
  const cost = `${formatCount(metrics.macs)} MACs, ${formatCount(metrics.params)} parameters`;
  const held =
    frozen === 0
      ? 'nothing is frozen'
      : `${formatNumberOf(frozen, 'convolution')} with channels that must stay, \`espalier inspect\` says why`;
  return [
    ['model', `${TASKS[model.task]}, input ${formatDims(model.input)}, ${cost}`],
    ['told by', model.reason],
    [
      'to cut',
      `${prunableConvolutions} of ${convolutions} convolutions in ${formatNumberOf(groups, 'group')}; ${held}; ${formatPercent(leastMacs)} of the MACs stay at least`,
    ],
    ...(data === null ? [['data', 'none yet'] as const] : listDataFacts(data)),
  ];
}

function listDataFacts(data: NonNullable<InitDocument['data']>): readonly Fact[] {
  const classes = data.classes === null ? '' : `, ${data.classes} classes`;
  const judges = data.split === null ? 'are held out to judge by' : `of split '${data.split}' judge`;
  return [
    ['data', data.description],
    ['labels', `${LABELS[data.labels]}${classes}`],
    ['samples', `${formatWhole(data.learned)} to learn from, ${formatWhole(data.judged)} ${judges}`],
  ];
}

function formatTrials({ preprocess, data }: InitDocument, paint: Paint): readonly string[] {
  if (preprocess === null) return [];
  const { chosen, metric, trials } = preprocess;
  if (metric === null) {
    const reason = data?.labels === 'none' ? 'without labels nothing' : 'nothing';
    return ['', `preprocessing: ${chosen}`, `  assumed: ${reason} could be tried`];
  }
  const [heads = '', ...lines] = formatTable(
    [
      { head: 'preprocessing' },
      { head: metric, align: 'right' },
      { head: 'samples', align: 'right' },
      { head: '' },
    ],
    trials.map(({ name, value, samples, verdict }) => [name, formatScore(value), String(samples), verdict]),
  );
  return ['', paint.bold(heads), ...lines, `preprocessing: ${chosen}`];
}
