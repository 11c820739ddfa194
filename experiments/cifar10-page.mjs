// The tables of cifar10.md, written from the log of cifar10.mjs.
import { groupBy, mean } from '@espalier/core';
import { describeMachine } from '@espalier/node';
import { fillMarkers, showEnvironment, showLevel, showShare, table } from './page.mjs';

const PAGE = new URL('cifar10.md', import.meta.url);
const STAGES = { cut: 'cut alone', reconstructed: 'reconstructed', finetuned: 'fine-tuned' };
/** Parts of the log that are no criterion at the table's rates. */
const OTHER = ['baseline', 'paper-point'];
const isCriterion = ({ part }) => !OTHER.includes(part) && !isSearch({ part }) && !isOneCut({ part });
const isSearch = ({ part }) => part.startsWith('iterative');
const isOneCut = ({ part }) => part.startsWith('one cut');

/** Writes what the log holds, by the names of the models, in whichever order they were measured. */
export async function fillPage(log) {
  const rows = log.toSorted((a, b) => a.model.localeCompare(b.model));
  await fillMarkers(PAGE, {
    environment: showEnvironment(await describeMachine()),
    verdict: showVerdict(rows),
    criteria: showByModel(rows, isCriterion, showCriteria),
    'paper point': showByModel(rows, ({ part }) => part === 'paper-point', showPaperPoint),
    search: showByModel(rows, isSearch, showSearches),
  });
}

/** A section per model of which the log holds anything of the kind. */
function showByModel(rows, isOfKind, show) {
  return [...groupBy(rows, ({ model }) => model)]
    .filter(([, own]) => own.some(isOfKind))
    .map(([model, own]) => `### ${model}\n\n${show(own)}`)
    .join('\n\n');
}

/** Where FSCL stands after each stage, and how far it is from the best of the others. */
function showVerdict(rows) {
  const lines = [...groupBy(rows.filter(isCriterion), ({ model }) => model)].flatMap(([model, own]) => {
    const parts = [...groupBy(own, ({ part }) => part)];
    const verdicts = Object.entries(STAGES).flatMap(([stage, title]) => {
      const levels = parts.map(([part, some]) => ({ part, value: mean(some.map((row) => row[stage])) }));
      const fscl = levels.find(({ part }) => part === 'fscl');
      const others = levels.filter(({ part }) => part !== 'fscl').sort((a, b) => b.value - a.value);
      if (!fscl || others.length === 0) return [];
      const place = 1 + others.filter(({ value }) => value > fscl.value).length;
      const lead = 100 * (fscl.value - others[0].value);
      const isLevel = Math.abs(lead) < 0.05;
      const apart = `${Math.abs(lead).toFixed(1)} points ${lead < 0 ? 'behind' : 'ahead of'}`;
      return [
        `${title}: place ${place} of ${levels.length}, ${isLevel ? 'level with' : apart} ${others[0].part}`,
      ];
    });
    return verdicts.length === 0 ? [] : [`- **${model}**: FSCL ${verdicts.join('; ')}.`];
  });
  return lines.join('\n');
}

/** Best first. */
function showCriteria(own) {
  const lines = [...groupBy(own.filter(isCriterion), ({ part }) => part)]
    .map(([part, some]) => ({ part, some, rank: mean(some.map(({ finetuned }) => finetuned)) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ part, some }) => [
      part,
      some.length,
      ...['macs', 'params'].map((measure) => showLevel(some[0][measure])),
      ...Object.keys(STAGES).map((stage) => showMean(some.map((row) => row[stage]))),
    ]);
  const head = ['criterion', 'seeds', 'MACs', 'parameters', ...Object.values(STAGES)];
  return `${showBaseline(own)}\n\n${table(head, lines)}`;
}

function showBaseline(own) {
  const baselines = own.filter(({ part }) => part === 'baseline');
  if (baselines.length === 0) return '';
  const [{ stored, epochs }] = baselines;
  const tuned = showMean(baselines.map(({ finetuned }) => finetuned));
  return `As stored ${showShare(stored)}; uncut and fine-tuned for the same ${epochs} epochs, the baseline: ${tuned}.`;
}

function showPaperPoint(own) {
  const row = own.find(({ part }) => part === 'paper-point');
  const baseline = own.find(({ part }) => part === 'baseline');
  const lost = baseline
    ? ` That is ${(100 * (baseline.finetuned - row.finetuned)).toFixed(1)} points below the baseline.`
    : '';
  const stages = Object.keys(STAGES).map((stage) => showShare(row[stage]));
  const cells = [...['macs', 'params'].map((measure) => showTenths(row[measure])), ...stages];
  return `${showBaseline(own)}${lost}\n\n${table(['MACs', 'parameters', ...Object.values(STAGES)], [cells])}`;
}

/** Best first, then how each search got there. */
function showSearches(own) {
  const rows = own.filter((row) => isSearch(row) || isOneCut(row)).sort((a, b) => b.finetuned - a.finetuned);
  const lines = rows.map(({ part, macs, params, epochs, finetuned }) => [
    part,
    ...[macs, params].map(showTenths),
    epochs,
    showShare(finetuned),
  ]);
  const ways = rows.filter(isSearch).map(({ part, steps }) => {
    const cuts = steps.slice(1).map(({ macs, top1 }) => `${showTenths(macs)} ${showShare(top1)}`);
    return `Step by step, ${part}: ${cuts.join(', ')}.`;
  });
  const head = ['cut', 'MACs', 'parameters', 'epochs', 'fine-tuned'];
  return [table(head, lines), ...ways].join('\n\n');
}

/** With the standard deviation where there are several. */
function showMean(values) {
  const centre = mean(values);
  if (values.length < 2) return showShare(centre);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return `${showShare(centre)} ± ${showShare(Math.sqrt(squares / (values.length - 1)))}`;
}

function showTenths(kept) {
  return `−${(100 * (1 - kept)).toFixed(1)} %`;
}
