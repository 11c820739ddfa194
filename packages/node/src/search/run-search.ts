// The search: look, choose, cut, prove, recover, judge, and again, until the target is met or the accuracy budget is spent (after Iterative Filter
// Pruning for Concatenation-based CNNs, 2024; the budget, the margin for the metric's own error, weaker tries and rollback are ours).
import { basename, join } from 'node:path';
import {
  cutModel,
  type Engine,
  EspalierError,
  extendHistory,
  groupName,
  groupsNear,
  historyGroups,
  type KeepMask,
  keepOf,
  type LoadOptions,
  listPrunableGroups,
  makePlan,
  PLAN_VERSION,
  type PlanLimits,
  prepareLimits,
  type SearchStrategy,
  type SelectionOptions,
  type Sensitivity,
  TARGET_TOLERANCE,
  verifyCut,
} from '@espalier/core';
import { readModel } from '../models/read-model.ts';
import { type Analysis, analyseFile } from '../pipeline/analyse-file.ts';
import { type ScoreOptions, scoreAnalysis } from '../pipeline/score-analysis.ts';
import { checkSameSettings, type RunSettings } from '../runs/run-record.ts';
import { openTrainingData, type TrainingData } from '../training/training-data.ts';
import { measureSensitivity, type SensitivityOptions } from './measure-sensitivity.ts';
import { readProbeImages } from './probe-images.ts';
import type { SearchEnd, SearchEvent, SearchJudgement, SearchStep, SearchTrial } from './search-events.ts';
import type { SearchFolder } from './search-folder.ts';
import { createSearchJudge, type SearchJudge } from './search-judge.ts';
import { learnedSet, recoverStep, type SearchRecoveryOptions, train } from './search-recovery.ts';
import { advanceState, NO_STATE, type SearchState } from './search-state.ts';
import {
  changedGroups,
  isSingle,
  needsSensitivity,
  type Proposal,
  propose,
  type SearchTarget,
} from './strategies.ts';

/** What a search is asked. */
export interface SearchOptions {
  readonly engine: Engine;
  /** Path of the original. */
  readonly model: string;
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  readonly target: SearchTarget;
  /** Most that the metric may lose in all, in its own unit: 0.01 is a point of accuracy. */
  readonly maxDrop: number;
  /** One-sided confidence at which a drop must be within its budget, in [0.5, 1); default 0.9. */
  readonly confidence?: number;
  /** Part of what is left of the budget that one cut may spend, above 0 and up to 1; default 0.5, and 1 for a strategy of one cut. */
  readonly stepShare?: number;
  /** Default iterative. */
  readonly strategy?: SearchStrategy;
  readonly counts?: SelectionOptions['counts'];
  readonly exponents?: readonly number[];
  readonly scoring?: Omit<ScoreOptions, 'calibration' | 'signal'>;
  readonly limits?: PlanLimits;
  /** `limit` samples at most for probes, default all that are held out. */
  readonly sensitivity?: Pick<SensitivityOptions, 'rates' | 'mode' | 'precision' | 'memory'> & {
    readonly limit?: number;
  };
  /** Data and their held-out part; `data.batch` and `data.seed` are those of trainings and of the whole search. */
  readonly training: SearchRecoveryOptions['training'];
  /** After each cut; default reconstruct, one epoch where it trains. */
  readonly recovery?: { readonly method?: SearchRecoveryOptions['method']; readonly epochs?: number };
  /** Epochs of training at the very end, default 0. */
  readonly finalEpochs?: number;
  /** Most cuts, default 30. */
  readonly iterations?: number;
  /** No cut begins after so many seconds. */
  readonly seconds?: number;
  readonly load?: LoadOptions;
  /** Options that change the result, as the run folder remembers them. */
  readonly settings: RunSettings;
  readonly folder: SearchFolder;
  readonly signal?: AbortSignal;
}

/** A search that came to its end. */
export interface SearchResult extends Pick<SearchState, 'steps' | 'trials'> {
  readonly reason: SearchEnd;
  readonly original: Analysis;
  readonly data: TrainingData;
  /** The curves of the last analysis, if the strategy made one. */
  readonly sensitivity?: Sensitivity;
}

/** How much weaker each further try is, and how many there are. */
const WEAKER = 0.5;
const TRIES = 4;
const USUAL = { confidence: 0.9, stepShare: 0.5, iterations: 30 } as const;

/**
 * Runs a search, or goes on with one that its folder holds. Errors: those of `analyseFile`, `openTrainingData`, `choosePlan`, of recovery and training;
 * `run.other-settings` (usage); `search.no-drop` (usage) for a metric with no number.
 */
export async function* runSearch(options: SearchOptions): AsyncGenerator<SearchEvent, SearchResult> {
  const { engine, folder, settings, signal, load, training, target } = options;
  if (folder.record) checkSameSettings(folder.record, settings);
  await folder.describe(settings);
  const analyse = (path: string) =>
    analyseFile(path, {
      engine,
      ...(options.inputShapes && { inputShapes: options.inputShapes }),
      ...(signal && { signal }),
    });
  const original = yield* analyse(options.model);
  const data = await openTrainingData(
    engine,
    original.file.model,
    { ...training.data, batch: training.data.batch ?? 64, seed: training.data.seed ?? 0 },
    training.evaluation ?? {},
    load ?? {},
  );
  for (const text of data.notes) yield { type: 'training.note', text };
  const { strategy = 'iterative', confidence = USUAL.confidence } = options;
  const judge = createSearchJudge({
    ...{ engine, original: original.file.model, data, confidence },
    ...(load && { load }),
    ...(signal && { signal }),
  });
  const recovery: SearchRecoveryOptions = {
    ...{ engine, data, training, original: original.file.model },
    method: options.recovery?.method ?? 'reconstruct',
    epochs: options.recovery?.epochs ?? 1,
    ...(load && { load }),
    ...(signal && { signal }),
  };
  let state = folder.past.reduce(advanceState, NO_STATE);
  const record: Recorder = (event) => {
    folder.append(event);
    state = advanceState(state, event);
    return event;
  };
  const work: Work = { options, original, data, judge, recovery };
  const started = performance.now();
  let sensitivity: Sensitivity | undefined;

  if (state.steps.length === 0) yield record({ type: 'search.step', step: await describeOriginal(work) });
  let reason = state.ended;
  while (reason === undefined) {
    const last = state.steps.at(-1)!;
    const iteration = last.step;
    const goal = original.cost.original[target.measure] * target.kept;
    reason = whyStop(options, last, goal, (performance.now() - started) / 1000);
    if (reason !== undefined) break;
    const analysis = iteration === 0 ? original : yield* analyse(join(folder.path, last.model));
    const scores = yield* scoreAnalysis(analysis, {
      ...options.scoring,
      calibration: { engine, dataset: learnedSet(data), preprocess: data.preprocess, ...(load && { load }) },
      ...(signal && { signal }),
    });
    if (needsSensitivity(strategy)) {
      const measured = measureSensitivity(analysis, await sensitivityOptions(work, scores, state));
      let step = await measured.next();
      for (; !step.done; step = await measured.next()) yield record(step.value);
      sensitivity = step.value;
      const { probes } = step.value;
      yield record({ type: 'search.sensitivity', iteration, sensitivity, probes });
    }
    const proposal = propose(strategy, {
      ...{ analysis, scores, iteration, limits: options.limits ?? {} },
      ...{ measure: target.measure, least: goal },
      ...(sensitivity && { sensitivity }),
      ...(options.counts && { counts: options.counts }),
      ...(options.exponents && { exponents: options.exponents }),
    });
    const accepted = proposal && (yield* tryCuts(work, analysis, scores, proposal, state, record));
    if (accepted) yield record({ type: 'search.step', step: accepted });
    else reason = proposal ? 'budget' : 'nothing-left';
  }
  if (state.ended === undefined) {
    const final = yield* finish(work, state);
    if (final) yield record({ type: 'search.step', step: final });
    yield record({ type: 'search.end', reason, best: state.steps.at(-1)!.step });
  }
  await writeRecipe(work, state.steps.at(-1)!);
  return {
    ...{ steps: state.steps, trials: state.trials, reason, original, data },
    ...(sensitivity && { sensitivity }),
  };
}

/** What every part of a search works with. */
interface Work {
  readonly options: SearchOptions;
  readonly original: Analysis;
  readonly data: TrainingData;
  readonly judge: SearchJudge;
  readonly recovery: SearchRecoveryOptions;
}

/** Notes an event down and hands it on. */
type Recorder = (event: SearchEvent) => SearchEvent;

async function describeOriginal({ options, original, judge }: Work): Promise<SearchStep> {
  const judgement = await judge(original.file.model);
  if (!Number.isFinite(judgement.value)) throw noNumber(judgement);
  await options.folder.saveModel('step-0', original.file.model);
  return {
    ...{ step: 0, model: options.folder.modelPath('step-0'), cost: original.cost.original, judgement },
    ...{ groups: [], history: {}, stale: [], proof: null },
  };
}

function whyStop(
  { target, iterations = USUAL.iterations, seconds, strategy = 'iterative', signal }: SearchOptions,
  last: SearchStep,
  goal: number,
  spent: number,
): SearchEnd | undefined {
  if (signal?.aborted) return 'interrupted';
  if (last.cost[target.measure] <= goal * (1 + TARGET_TOLERANCE)) return 'target';
  if (last.step >= (isSingle(strategy) ? 1 : iterations)) return 'iterations';
  return seconds !== undefined && spent >= seconds ? 'time' : undefined;
}

async function sensitivityOptions(
  { options, original, data }: Work,
  scores: Float64Array,
  { curves }: SearchState,
): Promise<SensitivityOptions> {
  const { engine, load, signal, limits, training } = options;
  const { limit, ...wishes } = options.sensitivity ?? {};
  const session = await engine.load(original.file.model, load);
  const images = await readProbeImages(session, {
    ...{ dataset: data.judged, preprocess: data.preprocess, seed: training.data.seed ?? 0 },
    ...(limit !== undefined && { limit }),
    ...(signal && { signal }),
  }).finally(() => session.close());
  return {
    ...{ engine, scores, images, metrics: data.metrics, known: curves, reference: original.file.model },
    ...wishes,
    ...(limits && { limits }),
    ...(load && { load }),
    ...(signal && { signal }),
  };
}

/** Tries a cut at falling strength until its drop is within the step's part of the budget; undefined when even the weakest is not. */
async function* tryCuts(
  work: Work,
  analysis: Analysis,
  scores: Float64Array,
  proposal: Proposal,
  { steps }: SearchState,
  record: Recorder,
): AsyncGenerator<SearchEvent, SearchStep | undefined> {
  const { options, judge, recovery } = work;
  const { engine, folder, maxDrop, strategy = 'iterative', signal } = options;
  const last = steps.at(-1)!;
  const baseline = steps[0]!.judgement;
  const share = options.stepShare ?? (isSingle(strategy) ? 1 : USUAL.stepShare);
  const spent = Math.max(0, last.judgement.drop);
  const allowed = spent + share * Math.max(0, maxDrop - spent);
  const { traced, coupling, cost } = analysis;
  for (let attempt = 0, strength = 1; attempt < TRIES; attempt++, strength *= WEAKER) {
    const start = performance.now();
    const keep = proposal.at(strength);
    if (changedGroups(coupling, keep).size === 0) return undefined;
    yield { type: 'step', step: 'cut' };
    const cut = await cutModel(traced, coupling, keep, engine);
    const plan = makePlan(traced, coupling, keep);
    yield { type: 'step', step: 'verify' };
    const proof = await verifyCut(traced, coupling, keep, plan.cuts, cut, engine, {
      seed: options.training.data.seed ?? 0,
      ...(signal && { signal }),
    });
    if (proof.verdict === 'failed') throw unproven(last.step + 1);
    const cutAlone = await judge(cut, baseline);
    const model = yield* recoverStep(analysis, keep, cut, recovery);
    const recovered = model === cut ? cutAlone : await judge(model, baseline);
    const accepted = recovered.worst <= allowed;
    const trial: SearchTrial = {
      ...{ iteration: last.step, strength, cost: cost.totals(keep), cutAlone, recovered, allowed, accepted },
      seconds: (performance.now() - start) / 1000,
    };
    yield record({ type: 'search.trial', trial });
    if (!accepted) continue;
    const step = last.step + 1;
    await folder.saveModel(`step-${step}`, model);
    return {
      ...{ step, model: folder.modelPath(`step-${step}`), cost: trial.cost, judgement: recovered },
      ...{ groups: plan.groups, history: extendHistory(last.history, plan.groups) },
      ...{ stale: staleGroups(analysis, scores, keep, options.limits ?? {}), proof: proof.verdict },
    };
  }
  return undefined;
}

/** The groups whose curves a cut may have changed, by name. */
function staleGroups(
  { traced, coupling }: Analysis,
  scores: Float64Array,
  keep: KeepMask,
  limits: PlanLimits,
): readonly string[] {
  const near = groupsNear(coupling, changedGroups(coupling, keep));
  const groups = listPrunableGroups(traced, coupling, prepareLimits(traced, coupling, scores, limits));
  return groups.filter(({ group }) => near.has(group)).map(groupName);
}

/** The last training; its result counts only when it is no worse than what it began with. */
async function* finish(
  { options, judge, recovery }: Work,
  { steps }: SearchState,
): AsyncGenerator<SearchEvent, SearchStep | undefined> {
  const { finalEpochs = 0, folder, signal } = options;
  const last = steps.at(-1)!;
  if (finalEpochs === 0 || last.step === 0 || signal?.aborted) return undefined;
  const { model: from } = await readModel(join(folder.path, last.model));
  const model = yield* train(from, finalEpochs, recovery);
  if (model === from) return undefined;
  const judgement = await judge(model, steps[0]!.judgement);
  if (judgement.drop > last.judgement.drop) return undefined;
  const step = last.step + 1;
  await folder.saveModel(`step-${step}`, model);
  return {
    ...{ step, model: folder.modelPath(`step-${step}`), cost: last.cost, judgement },
    ...{ groups: [], history: last.history, stale: [], proof: null },
  };
}

/** `history.json` and `plan.json`: what the search did to the original, to be done to it again. */
async function writeRecipe({ options, original }: Work, { history }: SearchStep): Promise<void> {
  const { folder } = options;
  const { traced, coupling, file } = original;
  const keep = keepOf(traced, coupling, { version: PLAN_VERSION, groups: historyGroups(history), cuts: [] });
  const plan = makePlan(traced, coupling, keep, {
    model: file.sha256,
    made: { search: basename(folder.path) },
  });
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  await folder.saveText(
    'history.json',
    json({ schema: 'espalier/history@1', model: file.sha256, layers: history }),
  );
  await folder.saveText('plan.json', json(plan));
}

function noNumber({ metric, value }: SearchJudgement): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'search.no-number',
    message: `The original scores ${metric} ${value} on the held-out samples: nothing can be steered by that.`,
    hint: 'Check the labels and the preprocessing with `espalier eval`.',
  });
}

function unproven(step: number): EspalierError {
  return new EspalierError({
    kind: 'verification',
    code: 'verify.deviates',
    message: `The cut of step ${step} does not compute what the zeroed model before it does.`,
    hint: 'Please report the model with `espalier inspect --json`; the steps before it are sound.',
  });
}
