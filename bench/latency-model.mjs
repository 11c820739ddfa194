// How well latency is predicted: for each model, cuts that its latency model was not fitted on (held-out widths), and the same cuts by a correction that
// was fitted on the other models alone (held-out models), as it is and scaled by what it misses at the uncut model (anchored: one measurement of a model that
// is new): `npm run bench -- latency-model [MODEL.onnx ...]`. Errors are |predicted / measured − 1|.
import {
  correctLoad,
  createRandom,
  cutModel,
  drawDesigns,
  fitCorrection,
  keepAll,
  median,
  percentile,
  prepareLimits,
} from '@espalier/core';
import {
  analyseFile,
  createLocalDevice,
  createOrtEngine,
  follow,
  learnLatency,
  scoreAnalysis,
  timeSessions,
  toDeviceModel,
} from '@espalier/node';
import { findModels } from './lib/find-models.mjs';

const MODELS = ['resnet56', 'vgg16', 'pcb-mobilenetv2', 'pcb-simple-cnn', 'yolov5n', 'yolov8n'];
const MAX_RATIO = 0.9;
/** Cuts that are predicted; the first three of a draw are even ones, which the latency model was fitted on. */
const FRESH = 8;
const EVEN = 3;
/** Sessions of every cut: they differ by where their memory comes to lie. */
const SESSIONS = 3;
/** One thread: the other cores of the machine may be busy. */
const THREADS = 1;

const engine = createOrtEngine();
const device = await createLocalDevice({ engine, threads: THREADS });
let table;
const models = [];
for (const { name, path } of findModels(MODELS)) {
  const analysis = await follow(analyseFile(path, { engine }));
  const scores = await follow(scoreAnalysis(analysis));
  const limiter = prepareLimits(analysis.traced, analysis.coupling, scores, { maxRatio: MAX_RATIO });
  const options = { device, engine, scores, limiter, maxRatio: MAX_RATIO, table };
  const learned = await follow(learnLatency(analysis, options));
  ({ table } = learned);
  const uncut = { ...learned.load(keepAll(analysis.coupling)), ms: learned.uncutMs };
  models.push({ name, uncut, cuts: await timeFresh(analysis, learned) });
  console.error(`${name}: learned`);
}

const results = models.map(({ name, uncut, cuts }) => {
  // The table counts as one more model beside those that the prices are fitted on.
  const others = models.filter((other) => other.name !== name).flatMap((other) => other.cuts);
  const foreign = others.length > 0 ? fitCorrection(others, FRESH) : undefined;
  const errors = {
    widths: errorsOf(cuts, ({ predicted }) => predicted),
    ...(foreign && errorsBy(foreign, uncut, cuts)),
  };
  const { widths, models: unseen, anchored } = summarise(errors);
  console.log(
    `${name}: held-out widths ${show(widths)}; held-out model ${show(unseen)}, anchored ${show(anchored)}`,
  );
  return { model: name, uncutMs: uncut.ms, errors };
});
const { processor, runtime } = device.description;
console.log(
  JSON.stringify({
    ...{ bench: 'latency-model', processor, runtime, threads: THREADS },
    ...summarise(joinKinds(results.map(({ errors }) => errors))),
    results: results.map(({ errors, ...result }) => ({ ...result, ...summarise(errors) })),
  }),
);

/**
 * Cuts that nothing was fitted on, with what they have to do and what they took, in the time of the session that was learned from: the machine is not as
 * fast in every minute, and models that were timed in that session tell by how much.
 */
async function timeFresh({ traced, coupling }, { menus, keepAt, load, predict, uncutMs, heldOut }) {
  const lengths = menus.map(({ rates }) => rates.length);
  const keeps = drawDesigns(lengths, EVEN + FRESH, createRandom(7))
    .slice(EVEN)
    .map(keepAt);
  const known = [{ keep: keepAll(coupling), ms: uncutMs }, ...heldOut];
  const sent = [];
  for (const [at, keep] of [...known.map(({ keep }) => keep), ...keeps].entries()) {
    const model = await cutModel(traced, coupling, keep, engine);
    sent.push(toDeviceModel(String(at), model, traced));
  }
  const { times } = await timeSessions(device, sent, SESSIONS, { warmup: 1, minRounds: 12, minSeconds: 0.3 });
  const taken = times.map(({ rounds }) => median(rounds.map(median)));
  const pace = median(known.map(({ ms }, at) => ms / taken[at]));
  return keeps.map((keep, at) => ({
    ...load(keep),
    predicted: predict(keep),
    ms: pace * taken[known.length + at],
  }));
}

function errorsOf(cuts, predict) {
  return cuts.map((cut) => Math.abs(predict(cut) / cut.ms - 1));
}

/** What prices fitted on other models miss, as they are and scaled to the uncut model. */
function errorsBy(foreign, uncut, cuts) {
  const anchor = uncut.ms / correctLoad(uncut, foreign);
  return {
    models: errorsOf(cuts, (cut) => correctLoad(cut, foreign)),
    anchored: errorsOf(cuts, (cut) => anchor * correctLoad(cut, foreign)),
  };
}

/** The errors of all models by their kind. */
function joinKinds(all) {
  const kinds = Object.keys(all[0] ?? {});
  return Object.fromEntries(kinds.map((kind) => [kind, all.flatMap((errors) => errors[kind])]));
}

/** Median and 90th percentile of each kind of errors. */
function summarise(errors) {
  const summary = (some) => ({ median: median(some), p90: percentile(some, 90) });
  return Object.fromEntries(Object.entries(errors).map(([kind, some]) => [kind, summary(some)]));
}

function show(errors) {
  if (!errors) return 'none';
  return `${(100 * errors.median).toFixed(1)} % median, ${(100 * errors.p90).toFixed(1)} % p90`;
}
