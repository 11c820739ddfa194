// Criteria compared as papers compare them: the same layer rates, the same recovery, and the uncut model with the same budget beside them; FSCL at
// its paper's point; the iterative search against cuts in one go. `node experiments/cifar10.mjs [MODEL [PART ...]]` (default: all; parts are the
// criteria, `baseline`, `paper-point` and `search`) measures what cifar10.jsonl does not hold yet, so several processes may share the work, and
// writes the tables of cifar10.md; delete lines to measure them anew. Needs ../shared/data and the build. About two and a half hours on two quiet cores.
import { join } from 'node:path';
import { assignRates, fitRates, groupName, listPrunableGroups, prepareLimits } from '@espalier/core';
import { createOrtEngine, follow, readModel, runSearch, scoreAnalysis } from '@espalier/node';
import { fillPage } from './cifar10-page.mjs';
import {
  cutClassifier,
  keptOf,
  openClassifier,
  openRun,
  rebuild,
  train,
  trainingOf,
} from './classifiers.mjs';
import { openLog } from './log.mjs';
import { evaluate, TRAINING_LOAD } from './subjects.mjs';
import { watch } from './watch.mjs';

const CRITERIA = ['fscl', 'l1', 'fpgm', 'taylor', 'hrank'];
const times = (rate, count) => Array.from({ length: count }, () => rate);
/**
 * Rates as CHIP and HRankPlus state them; those of ResNet-20 are ResNet-56's for fewer blocks, and VGG-16's last convolution stays whole. A search cuts `counts` groups at a time: the paper's 6
 * and 5 are for 89 layers, and would take these networks to their goal in one cut. `searches` are told in {@link SEARCHES}.
 */
const MODELS = {
  resnet20: {
    ...{ rates: [0, ...times(0.15, 2), ...times(0.4, 9)], seeds: [1, 2, 3], epochs: 3 },
    ...{ counts: { params: 1, macs: 2 }, searches: ['iterative', 'iterative, trained at the end'] },
    // As many as the first of its searches takes.
    atTheEnd: 9,
  },
  resnet56: {
    ...{ rates: [0, ...times(0.15, 2), ...times(0.4, 27)], seeds: [1], epochs: 2 },
    ...{ counts: { params: 2, macs: 4 }, searches: ['iterative, trained at the end'] },
    atTheEnd: 6,
  },
  vgg16: {
    ...{ rates: [...times(0.45, 7), ...times(0.78, 5), 0], seeds: [1], epochs: 2, paperPoint: 0.185 },
    // At the usual 0.01, two epochs leave it where reconstruction did.
    rate: 0.002,
  },
};
/** What a search may do. */
const SEARCH = { kept: 0.5, maxDrop: 0.2, iterations: 8, probeImages: 600 };
/** When searches train, and for how many epochs: after every cut as its paper does, or only once it is over, with reconstruction before that. */
const SEARCHES = {
  iterative: { method: 'finetune', epochs: 1, finalEpochs: 2 },
  'iterative, trained at the end': { method: 'reconstruct', epochs: 0, maxDrop: 0.4 },
};

const engine = createOrtEngine();
const log = openLog(new URL('cifar10.jsonl', import.meta.url), ['model', 'part', 'seed']);
const [askedModel, ...askedParts] = process.argv.slice(2);
for (const [model, plan] of Object.entries(MODELS)) {
  if (askedModel === undefined || askedModel === model) await measureModel(model, plan);
}
await fillPage(await log.rows());

/** Every part of a model that is asked for; models and images are opened once. */
async function measureModel(model, { rates, seeds, epochs, rate, paperPoint, searches, ...wishes }) {
  const training = { epochs, rate };
  const classifier = await openClassifier(engine, model);
  const isAsked = (part) => askedParts.length === 0 || askedParts.includes(part);
  for (const seed of seeds) {
    if (isAsked('baseline')) {
      await log.once({ model, part: 'baseline', seed }, () => measureBaseline(classifier, seed, training));
    }
    for (const criterion of CRITERIA.filter(isAsked)) {
      await log.once({ model, part: criterion, seed }, () =>
        recover(classifier, { criterion, seed, layerRates: rates }, training),
      );
    }
  }
  const [seed] = seeds;
  if (paperPoint !== undefined && isAsked('paper-point')) {
    await log.once({ model, part: 'paper-point', seed }, async () => {
      const fitted = await fitTable(classifier.analysis, rates, paperPoint);
      return recover(classifier, { ...fitted, seed }, training);
    });
  }
  if (searches && isAsked('search')) await compareSearches(classifier, seed, searches, wishes);
}

async function measureBaseline(classifier, seed, training) {
  const { original } = classifier;
  const from = performance.now();
  const tuned = await train(classifier, original, { seed, ...training });
  const seconds = (performance.now() - from) / 1000;
  const [stored, finetuned] = await judge(classifier, [original, tuned]);
  return { ...training, stored, finetuned, seconds };
}

/** A cut, its reconstruction, and that trained: all on the test images. */
async function recover(classifier, options, training) {
  const { seed } = options;
  const cut = await cutClassifier(classifier, options);
  const rebuilt = await rebuild(classifier, cut, seed);
  const from = performance.now();
  const tuned = await train(classifier, rebuilt, { seed, ...training });
  const seconds = (performance.now() - from) / 1000;
  const [alone, reconstructed, finetuned] = await judge(classifier, [cut.model, rebuilt, tuned]);
  return { ...keptOf(cut), ...training, cut: alone, reconstructed, finetuned, seconds };
}

/** The table, all its rates scaled alike so that FSCL keeps `macs` of the MACs. */
async function fitTable(analysis, table, macs) {
  const { traced, coupling, cost } = analysis;
  const scores = await follow(scoreAnalysis(analysis, { criterion: 'fscl' }));
  const limiter = prepareLimits(traced, coupling, scores, {});
  const steepest = 0.9 / Math.max(...table);
  const rates = assignRates(
    traced,
    coupling,
    limiter,
    table.map((rate) => rate * steepest),
  );
  const goal = { measure: 'macs', least: macs * cost.original.macs };
  const fitted = fitRates(coupling, scores, limiter, cost, rates, goal);
  const groups = listPrunableGroups(traced, coupling, limiter);
  const layerRates = Object.fromEntries(
    groups.map((group) => [groupName(group), fitted.get(group.group) ?? 0]),
  );
  return { criterion: () => scores, layerRates };
}

/** The iterative searches, then cuts in one go that keep as many MACs and are trained for as many epochs as the first. */
async function compareSearches(classifier, seed, searches, wishes) {
  const { name: model } = classifier;
  const found = [];
  for (const part of searches) {
    found.push(await log.once({ model, part, seed }, () => search(classifier, seed, part, wishes)));
  }
  const [{ macs, epochs }] = found;
  for (const ranking of ['global', 'local']) {
    await log.once({ model, part: `one cut, ${ranking}`, seed }, () =>
      recover(classifier, { criterion: 'fscl', seed, ranking, macs }, { epochs }),
    );
  }
}

async function search(classifier, seed, part, { counts, atTheEnd }) {
  const { name, subject, analysis } = classifier;
  const { method, epochs, finalEpochs = atTheEnd, maxDrop = SEARCH.maxDrop } = SEARCHES[part];
  const { kept, iterations, probeImages } = SEARCH;
  const folder = await openRun(`cifar10-${name}-${method}`);
  const from = performance.now();
  try {
    const result = await watch(
      name,
      runSearch({
        ...{ engine, model: analysis.file.path, folder, maxDrop, iterations, counts, load: TRAINING_LOAD },
        target: { measure: 'macs', kept },
        // How far it gets is the question, not whether a step is certain to be affordable.
        confidence: 0.5,
        scoring: { criterion: 'fscl' },
        sensitivity: { limit: probeImages },
        training: await trainingOf(subject, seed),
        recovery: { method, epochs },
        finalEpochs,
        settings: { ...SEARCH, ...SEARCHES[part], counts, finalEpochs, seed },
      }),
    );
    const seconds = (performance.now() - from) / 1000;
    const models = await Promise.all(
      result.steps.map(async (step) => (await readModel(join(folder.path, step.model))).model),
    );
    const accuracies = await judge(classifier, models);
    const { macs, params } = analysis.cost.original;
    const steps = result.steps.map(({ cost }, i) => ({
      ...{ macs: cost.macs / macs, params: cost.params / params, top1: accuracies[i] },
    }));
    const accepted = result.trials.filter((trial) => trial.accepted).length;
    const { top1: finetuned, ...left } = steps.at(-1);
    return { ...left, epochs: accepted * epochs + finalEpochs, finetuned, steps, seconds };
  } finally {
    folder.close();
  }
}

async function judge({ subject }, models) {
  const results = await evaluate(engine, models, subject, 'test', undefined, TRAINING_LOAD);
  return results.map(({ top1 }) => top1);
}
