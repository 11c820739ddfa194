// The log of one-shot.mjs, one JSON line per cut, and the tables of one-shot.md that are written from it.
import { groupBy, mean } from '@espalier/core';
import { fillMarkers, readLines, showEnvironment, showLevel, showShare, table } from './page.mjs';

/** The log's path. */
export const LOG = new URL('one-shot.jsonl', import.meta.url);

const PAGE = new URL('one-shot.md', import.meta.url);
const KEY = ['table', 'model', 'criterion', 'seed', 'ranking', 'normalizer', 'macs'];

/** What tells one measurement from another. */
export function keyOf(row) {
  return KEY.map((field) => row[field] ?? '').join(' ');
}

/** All measurements so far, the last of each kind; none when there is no log. */
export async function readLog() {
  const rows = await readLines(LOG);
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

/**
 * Rewrites what stands between the page's markers `<!-- NAME -->` and `<!-- /NAME -->`, from what the log holds of the `wanted`
 * measurements, in their order.
 */
export async function fillPage(wanted, machine) {
  const log = new Map((await readLog()).map((row) => [keyOf(row), row]));
  const rows = wanted.flatMap((row) => log.get(keyOf(row)) ?? []);
  const of = (table) => rows.filter((row) => row.table === table);
  const parts = {
    environment: showEnvironment(machine),
    baselines: showBaselines(of('baselines')),
    criteria: showByModel(of('criteria'), (own) => showCriteria(own, of('speed'))),
    'normalizers over all': showOverModels(of('normalizers')),
    normalizers: showByModel(of('normalizers'), showNormalizers),
    proofs: showProofs([...of('criteria'), ...of('normalizers')]),
  };
  await fillMarkers(PAGE, parts);
}

function showBaselines(rows) {
  const lines = rows.map(({ model, samples, stated, top1 }) => [
    model,
    samples,
    stated.toFixed(4),
    top1.toFixed(4),
  ]);
  return table(['model', 'images', 'stated', 'measured'], lines);
}

function showByModel(rows, show) {
  return [...groupBy(rows, ({ model }) => model)]
    .map(([model, own]) => `### ${model}\n\n${show(own)}`)
    .join('\n\n');
}

/** One line per ranking and criterion: accuracy and speed-up at each level, the mean and the range where there are several seeds. */
function showCriteria(rows, timed) {
  const levels = levelsOf(rows);
  const speeds = new Map(timed.map((row) => [keyOf({ ...row, table: 'criteria' }), row.speedup.value]));
  const lines = [...groupBy(rows, (row) => `${nameRanking(row)}|${row.criterion}`)].map(([key, own]) => {
    const at = levels.map((macs) => own.filter((row) => row.macs === macs));
    const accuracies = at.map((cuts) => showMean(cuts.map(({ top1 }) => top1)));
    const speedups = at.map((cuts) => showSpeed(cuts.map((row) => speeds.get(keyOf(row)))));
    return [...key.split('|'), ...accuracies, ...speedups];
  });
  const head = levels.map(showLevel);
  return table(
    [
      'ranking',
      'criterion',
      ...head.map((level) => `top-1, ${level}`),
      ...head.map((level) => `speed, ${level}`),
    ],
    lines.sort(([a], [b]) => a.localeCompare(b)),
  );
}

/** One line per criterion, one column per ranking: the accuracy at each level. */
function showNormalizers(rows) {
  const levels = levelsOf(rows);
  const rankings = [...new Set(rows.map(nameRanking))];
  const lines = [...groupBy(rows, ({ criterion }) => criterion)].map(([criterion, own]) => {
    const cells = rankings.map((ranking) => own.filter((row) => nameRanking(row) === ranking));
    return [criterion, ...cells.map((cell) => cell.map(({ top1 }) => showShare(top1)).join(' / '))];
  });
  return `${levels.map(showLevel).join(' / ')} of the MACs\n\n${table(['criterion', ...rankings], lines)}`;
}

/** How many cuts are proven, and which are not. */
function showProofs(rows) {
  const failed = rows.filter(({ verdict }) => verdict === 'failed');
  const lines = failed.map(
    (row) =>
      `- ${row.model}, ${row.criterion}, ${nameRanking(row)}, ${showLevel(row.macs)}: deviation ${row.deviation.toExponential(1)}`,
  );
  const exceptions =
    failed.length === 0
      ? 'none failed its proof.'
      : `${failed.length} failed the proof:\n\n${lines.join('\n')}`;
  return `Of ${rows.length} cuts ${exceptions}`;
}

/** One line per ranking, two columns per criterion and level: the mean over the models, and the worst of them. */
function showOverModels(rows) {
  const levels = levelsOf(rows);
  const criteria = [...new Set(rows.map(({ criterion }) => criterion))];
  const columns = criteria.flatMap((criterion) => levels.map((macs) => ({ criterion, macs })));
  const lines = [...groupBy(rows, nameRanking)].map(([ranking, own]) => {
    const cells = columns.map(({ criterion, macs }) => {
      const values = own
        .filter((row) => row.criterion === criterion && row.macs === macs)
        .map(({ top1 }) => top1);
      return `${showShare(mean(values))} (${showShare(Math.min(...values))})`;
    });
    return [ranking, ...cells];
  });
  const head = columns.map(({ criterion, macs }) => `${criterion}, ${showLevel(macs)}`);
  return table(['ranking', ...head], lines);
}

function levelsOf(rows) {
  return [...new Set(rows.map(({ macs }) => macs))].sort((a, b) => b - a);
}

function nameRanking({ ranking, normalizer }) {
  return ranking === 'local' ? 'local' : `global, ${normalizer}`;
}

function showMean(values) {
  const text = showShare(mean(values));
  return values.length === 1
    ? text
    : `${text} (${showShare(Math.min(...values))} to ${showShare(Math.max(...values))})`;
}

function showSpeed(values) {
  return values.includes(undefined) ? '' : mean(values).toFixed(2);
}
