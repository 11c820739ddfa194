// The tables of inspection.md, written from the log of inspection.mjs.
import { groupBy } from '@espalier/core';
import { describeMachine } from '@espalier/node';
import { fillMarkers, showEnvironment, showShare, table } from './page.mjs';

const PAGE = new URL('inspection.md', import.meta.url);
const ENGINES = { native: 'onnxruntime-node', wasm: 'wasm' };

/** Writes what the log holds of the models of these names; `most` is the loss that is allowed. */
export async function fillPage(rows, names, most) {
  const byModel = groupBy(rows, ({ model }) => model);
  const isMeasured = (name) => byModel.get(name)?.some(({ kind }) => kind === 'speed');
  const models = names.filter(isMeasured).map((name) => [name, byModel.get(name)]);
  const missing = names.filter((name) => !isMeasured(name)).map((name) => `- **${name}**: not measured yet.`);
  await fillMarkers(PAGE, {
    environment: showEnvironment(await describeMachine()),
    answers: [...models.flatMap(([model, own]) => showAnswers(model, own, most)), ...missing].join('\n'),
    fronts: models.map(([model, own]) => `### ${model}\n\n${showFront(own)}`).join('\n\n'),
  });
}

/** One sentence per engine. */
function showAnswers(model, own, most) {
  const points = (100 * most).toFixed(1);
  return Object.entries(ENGINES).flatMap(([engine, title]) => {
    const row = own.find(({ kind, engine: other }) => kind === 'winner' && other === engine);
    const isMeasured = own.some(({ kind, engine: other }) => kind === 'speed' && other === engine);
    if (!row) {
      return isMeasured
        ? [`- **${model}, ${title}**: no candidate is faster and loses at most ${points} points.`]
        : [];
    }
    const { speedup, medianMs, stage } = row;
    const { top1, drop } = own.find((other) => other.kind === stage && isSameCut(other, row));
    return [
      `- **${model}, ${title}**: ${showSpeed(speedup)} times as fast (${medianMs.value.toFixed(2)} ms), top-1 ${showShare(top1)}, ${drop.value > 0 ? 'a loss' : 'no loss, a drop'} of ${showDrop(drop)} points; ${describeCut(row)}, ${stage === 'trained' ? 'fine-tuned' : 'reconstructed only'}.`,
    ];
  });
}

/** The candidates that none beats in both speed and accuracy, on one engine or the other; the uncut model first. */
function showFront(own) {
  const cuts = own.filter(({ kind, drop }) => kind === 'reconstructed' && drop !== undefined);
  const speeds = Object.keys(ENGINES).map((engine) => speedsOf(own, engine));
  const lines = cuts.map((cut) => {
    const trained = own.find((row) => row.kind === 'trained' && isSameCut(row, cut));
    const best = trained && trained.drop.value < cut.drop.value ? trained : cut;
    return { cut, trained, drop: best.drop, times: speeds.map((of) => of.get(nameOf(cut))) };
  });
  const isBeaten = (line, engine) =>
    lines.some((other) => {
      const gains = [
        line.drop.value - other.drop.value,
        other.times[engine].speedup.value - line.times[engine].speedup.value,
      ];
      return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
    });
  const engines = speeds.flatMap((of, engine) => (of.size > 0 ? [engine] : []));
  const front = lines
    .filter((line) => engines.some((engine) => !isBeaten(line, engine)))
    .sort((a, b) => a.drop.value - b.drop.value);
  const original = own.find(({ kind }) => kind === 'original');
  const head = ['cut', 'MACs', 'parameters', 'reconstructed', 'fine-tuned', 'points lost'];
  return table(
    [...head, ...engines.map((engine) => `speed, ${Object.values(ENGINES)[engine]}`)],
    [
      ['original', '', '', showShare(original.top1), '', '', ...engines.map(() => '1')],
      ...front.map(({ cut, trained, drop, times }) => [
        describeCut(cut),
        ...[cut.kept, cut.params].map((kept) => `−${(100 * (1 - kept)).toFixed(0)} %`),
        showShare(cut.top1),
        trained ? showShare(trained.top1) : '',
        showDrop(drop),
        ...engines.map((engine) => showSpeed(times[engine].speedup)),
      ]),
    ],
  );
}

function speedsOf(own, engine) {
  const row = own.find(({ kind, engine: other }) => kind === 'speed' && other === engine);
  return new Map((row?.models ?? []).map((each) => [each.name, each]));
}

const isSameCut = (one, other) => nameOf(one) === nameOf(other);

function nameOf({ ranking, roundTo, macs }) {
  return `${ranking} ${roundTo} ${macs}`;
}

function describeCut({ ranking, roundTo, macs }) {
  const widths = roundTo === 1 ? 'any width' : `widths in steps of ${roundTo}`;
  return `${ranking} to ${Math.round(100 * macs)} % of the MACs, ${widths}`;
}

function showSpeed({ value, interval: [low, high] }) {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function showDrop({ value, interval }) {
  const reach = interval?.map((end) => (100 * end).toFixed(1)).join(', ');
  return `${(100 * value).toFixed(2)}${reach ? ` [${reach}]` : ''}`;
}
