// The search: look, choose, cut, prove, recover, judge, and again, until the target is met or the accuracy budget is spent (after Iterative Filter
// Pruning for Concatenation-based CNNs, 2024; the budget, the margin for the metric's own error, weaker tries and rollback are ours).
import { join } from 'node:path';
import {
  advanceState,
  EspalierError,
  formatResults,
  isSearchRecord,
  NO_STATE,
  originalWidths,
  type PlanLimits,
  type SearchEnd,
  type SearchJudgement,
  type SearchState,
  type SearchStep,
  type Sensitivity,
} from '@espalier/core';
import { describeMachine, findDisturbances } from '../bench/machine.ts';
import { readModel } from '../models/read-model.ts';
import { type Analysis, analyseFile } from '../pipeline/analyse-file.ts';
import { scoreAnalysis } from '../pipeline/score-analysis.ts';
import { checkSameSettings } from '../runs/run-record.ts';
import { openTrainingData, type TrainingData } from '../training/training-data.ts';
import { breaksFloor, checkKnowsClasses, tellUnjudged } from './class-limit.ts';
import { proposeForLatency, rememberTable, timeOriginal } from './latency-cuts.ts';
import { measureSensitivity, type SensitivityOptions } from './measure-sensitivity.ts';
import { type ProbeBatch, readProbeImages } from './probe-images.ts';
import { rememberProbes } from './probe-memo.ts';
import type { SearchEvent } from './search-events.ts';
import { createSearchJudge } from './search-judge.ts';
import {
  SEARCH_DEFAULTS,
  type SearchOptions,
  type SearchRecorder,
  type SearchWork,
  usualCriterion,
} from './search-options.ts';
import { writeRecipe } from './search-recipe.ts';
import { checkTrainable, learnedSet, train, trains } from './search-recovery.ts';
import { checkTarget, isReached, isTimed, type SearchTarget, settleTarget } from './search-target.ts';
import { isSingle, needsSensitivity, propose } from './strategies.ts';
import { type CutAt, type Standing, tryCuts } from './try-cuts.ts';

/** A search that came to its end. */
export interface SearchResult extends Pick<SearchState, 'steps' | 'trials'> {
  readonly reason: SearchEnd;
  /** What was asked for, or what its table came to. */
  readonly target: SearchTarget;
  readonly original: Analysis;
  readonly data: TrainingData;
  /** The curves of the last analysis, if the strategy made one. */
  readonly sensitivity?: Sensitivity;
}

/**
 * Runs a search, or goes on with one that its folder holds. An aborted signal ends it with what was accepted by then; such a run, and one that was
 * ended by a limit of time or iterations, can be gone on with. Errors: those of `analyseFile`, `openTrainingData`, `checkTrainable`, `choosePlan`, `tryCuts`, of recovery
 * and training; `run.other-settings`, `run.not-deterministic`, `run.bad-target`, `run.layer-rates` (usage); `run.no-classes` (usage or data); `search.no-number` (data) for an original whose metric has no number.
 */
export async function* runSearch(options: SearchOptions): AsyncGenerator<SearchEvent, SearchResult> {
  const { folder, settings, signal } = options;
  checkTarget(options);
  if (folder.record) checkSameSettings(folder.record, settings);
  await folder.describe(settings);
  const opened = yield* openWork(options);
  const { original, data } = opened;
  let state = folder.past.reduce(advanceState, NO_STATE);
  const record: SearchRecorder = (event) => {
    if (isSearchRecord(event)) {
      folder.append(event);
      state = advanceState(state, event);
    }
    return event;
  };
  if (state.steps.length === 0) yield record({ type: 'search.step', step: await describeOriginal(opened) });
  const work: SearchWork = { ...opened, target: settleTarget(options, original, state.steps[0]!) };
  const { target } = work;
  const unjudged = options.maxClassDrop === undefined ? undefined : tellUnjudged(state.steps[0]!.judgement);
  if (unjudged !== undefined) yield { type: 'note', text: unjudged };
  let reason: SearchEnd;
  try {
    reason = yield* cutOn(work, () => state, record);
    if (!state.ended) {
      yield record({ type: 'search.stop', reason });
      const final = yield* finish(work, state);
      if (final) yield record({ type: 'search.step', step: final });
      yield record({ type: 'search.end', reason, best: state.steps.at(-1)!.step });
    }
  } catch (error) {
    // What was accepted so far is a result too.
    if (!signal?.aborted || (error !== signal.reason && (error as Error).name !== 'AbortError')) throw error;
    reason = 'interrupted';
  }
  const { steps, trials, analysed } = state;
  await thinModels(options, state);
  await writeRecipe(folder, original, steps.at(-1)!.history);
  await folder.saveText('results.csv', formatResults(state));
  return {
    ...{ steps, trials, reason, target, original, data },
    ...(analysed && { sensitivity: analysed.sensitivity }),
  };
}

/** Everything but where it ends, which may depend on how long the original takes. */
type OpenedWork = Omit<SearchWork, 'target'>;

/** Analyses the original and opens the data. */
async function* openWork(options: SearchOptions): AsyncGenerator<SearchEvent, OpenedWork> {
  const { engine, signal, load, training, confidence = SEARCH_DEFAULTS.confidence } = options;
  const original = yield* analyseFile(options.model, {
    engine,
    ...(options.inputShapes && { inputShapes: options.inputShapes }),
    ...(signal && { signal }),
  });
  const { method = 'reconstruct', epochs = 1 } = options.recovery ?? {};
  const { batch = 64, seed = 0 } = training.data;
  const learns = trains(method) || (options.finalEpochs ?? 0) > 0;
  const data = await openTrainingData(
    engine,
    original.file.model,
    // Only training needs samples enough for a batch.
    { ...training.data, batch: learns ? batch : 1, seed },
    training.evaluation ?? {},
    load ?? {},
  );
  const byClass = options.maxClassDrop !== undefined;
  if (byClass) checkKnowsClasses(data.metrics);
  if (isTimed(options)) {
    for (const text of findDisturbances(await describeMachine())) yield { type: 'note', text };
  }
  for (const text of data.notes) yield { type: 'training.note', text };
  const model = original.file.model;
  const common = { engine, data, original: model, ...(load && { load }), ...(signal && { signal }) };
  const recovery = { ...common, training, method, epochs };
  if (learns) await checkTrainable(recovery);
  const judge = createSearchJudge({ ...common, batch, confidence, byClass });
  const images = rememberProbes(() => readImages(options, original, data));
  return {
    ...{ options, original, data, recovery, judge, images },
    ...(options.latency && { latency: rememberTable(options.latency) }),
  };
}

async function describeOriginal(work: OpenedWork): Promise<SearchStep> {
  const { options, original, judge, latency } = work;
  const judgement = await judge(original.file.model);
  if (!Number.isFinite(judgement.value)) throw noNumber(judgement);
  await options.folder.saveModel('step-0', original.file.model);
  return {
    ...{ step: 0, model: options.folder.modelPath('step-0'), cost: original.cost.original, judgement },
    ...(latency && { latency: await timeOriginal(work, latency()) }),
    ...{ groups: [], history: {}, stale: [], proof: null },
  };
}

async function readImages(
  { engine, load, signal, sensitivity, training }: SearchOptions,
  { file }: Analysis,
  { judged, preprocess }: TrainingData,
): Promise<readonly ProbeBatch[]> {
  const session = await engine.load(file.model, load);
  return readProbeImages(session, {
    ...{ dataset: judged, preprocess, seed: training.data.seed ?? 0 },
    ...(sensitivity?.limit !== undefined && { limit: sensitivity.limit }),
    ...(signal && { signal }),
  }).finally(() => session.close());
}

/** Cuts until something speaks against another cut, and says what. */
async function* cutOn(
  work: SearchWork,
  stateNow: () => SearchState,
  record: SearchRecorder,
): AsyncGenerator<SearchEvent, SearchEnd> {
  const { options, original } = work;
  const { engine, folder, signal, strategy = SEARCH_DEFAULTS.strategy } = options;
  const started = performance.now();
  const { stopped } = stateNow();
  // Limits of time and iterations may have been raised since.
  if (stopped !== undefined && stopped !== 'time' && stopped !== 'iterations') return stopped;
  for (;;) {
    const state = stateNow();
    const last = state.steps.at(-1)!;
    const reason = whyStop(work, state, (performance.now() - started) / 1000);
    if (reason !== undefined) return reason;
    signal?.throwIfAborted();
    const analysis =
      last.step === 0
        ? original
        : yield* analyseFile(join(folder.path, last.model), {
            engine,
            ...(options.inputShapes && { inputShapes: options.inputShapes }),
            ...(signal && { signal }),
          });
    const scores = yield* scoreStep(work, analysis);
    // The share that a layer may lose is one of what it had in the original.
    const limits = { ...options.limits, widths: originalWidths(last.history) };
    const standing = { analysis, scores, state, limits };
    const sensitivity = needsSensitivity(strategy)
      ? yield* analyseSensitivity(work, standing, record)
      : undefined;
    const cutAt = yield* proposeCut(work, standing, sensitivity);
    if (cutAt === undefined) return 'nothing-left';
    const outcome = yield* tryCuts(work, standing, cutAt, record);
    if (typeof outcome === 'string') return outcome;
    yield record({ type: 'search.step', step: outcome });
    await thinModels(options, stateNow());
  }
}

/** The next cut, as the strategy and the target have it. */
async function* proposeCut(
  work: SearchWork,
  standing: Standing,
  sensitivity: Sensitivity | undefined,
): AsyncGenerator<SearchEvent, CutAt | undefined> {
  const { options, original, target } = work;
  if (target.measure === 'latency') return yield* proposeForLatency(work, standing, sensitivity);
  const { analysis, scores, limits, state } = standing;
  const proposal = propose(options.strategy ?? SEARCH_DEFAULTS.strategy, {
    ...{ analysis, scores, iteration: state.steps.at(-1)!.step, limits },
    ...{ measure: target.measure, least: original.cost.original[target.measure] * target.kept },
    ...(sensitivity && { sensitivity }),
    ...(options.layerRates && { layerRates: options.layerRates }),
    ...(options.scoreBy && { measures: options.scoreBy }),
    ...(options.counts && { counts: options.counts }),
    ...(options.exponents && { exponents: options.exponents }),
  });
  return (
    proposal &&
    async function* (strength) {
      yield { type: 'step', step: 'plan' };
      return { keep: proposal.at(strength) };
    }
  );
}

/** Removes the models of steps that a later one has followed, where they are not to be kept; only once that one is in the journal. */
async function thinModels({ folder, keepModels }: SearchOptions, { steps }: SearchState): Promise<void> {
  if (keepModels !== 'last') return;
  for (const { model } of steps.slice(1, -1)) await folder.removeModel(model);
}

function whyStop(
  { target, options }: SearchWork,
  { steps, trials }: SearchState,
  spent: number,
): SearchEnd | undefined {
  const { strategy = SEARCH_DEFAULTS.strategy, iterations = SEARCH_DEFAULTS.iterations, seconds } = options;
  if (isReached(target, steps[0]!, steps.at(-1)!)) return 'target';
  const cuts = steps.filter(({ proof }) => proof !== null).length;
  if (isSingle(strategy) && cuts > 0)
    return trials.some((trial) => !trial.accepted) ? 'budget' : 'nothing-left';
  if (cuts >= iterations) return 'iterations';
  return seconds !== undefined && spent >= seconds ? 'time' : undefined;
}

async function* scoreStep(
  { options, data }: SearchWork,
  analysis: Analysis,
): AsyncGenerator<SearchEvent, Float64Array> {
  const { engine, load, signal } = options;
  return yield* scoreAnalysis(analysis, {
    criterion: usualCriterion(data.task.task),
    ...options.scoring,
    calibration: {
      ...{ engine, dataset: learnedSet(data), preprocess: data.preprocess },
      ...(load && { load }),
    },
    ...(signal && { signal }),
  });
}

/** Measures what is not known yet, group by group. */
async function* analyseSensitivity(
  work: SearchWork,
  { analysis, scores, limits, state: { steps, curves, analysed } }: Standing,
  record: SearchRecorder,
): AsyncGenerator<SearchEvent, Sensitivity> {
  const iteration = steps.at(-1)!.step;
  if (analysed?.iteration === iteration) return analysed.sensitivity;
  const measured = measureSensitivity(analysis, {
    ...(await sensitivityOptions(work, limits)),
    ...{ scores, known: curves },
  });
  try {
    let event = await measured.next();
    for (; !event.done; event = await measured.next()) yield record(event.value);
    const { probes, work: _, ...sensitivity } = event.value;
    yield record({ type: 'search.sensitivity', iteration, sensitivity, probes });
    return sensitivity;
  } finally {
    await measured.return(undefined as never);
  }
}

async function sensitivityOptions(
  { options, original, data, images }: SearchWork,
  limits: PlanLimits,
): Promise<Omit<SensitivityOptions, 'scores'>> {
  const { engine, load, signal, maxDrop } = options;
  const { limit: _, refine = SEARCH_DEFAULTS.refine, ...wishes } = options.sensitivity ?? {};
  return {
    ...{ engine, images: await images(), metrics: data.metrics, reference: original.file.model },
    ...{ ...wishes, limits },
    refine: { rounds: refine, least: maxDrop },
    timed: isTimed(options),
    ...(load && { load }),
    ...(signal && { signal }),
  };
}

/** The last training, which is done once; its result counts only when it is no worse than what it began with. */
async function* finish(
  { options, judge, recovery }: SearchWork,
  { steps }: SearchState,
): AsyncGenerator<SearchEvent, SearchStep | undefined> {
  const { finalEpochs = 0, folder } = options;
  const last = steps.at(-1)!;
  // Only the original and the result of a last training are no cuts.
  if (finalEpochs === 0 || last.proof === null) return undefined;
  const { model: from } = await readModel(join(folder.path, last.model));
  const model = yield* train(from, finalEpochs, recovery);
  if (model === from) return undefined;
  const judgement = await judge(model, steps[0]!.judgement);
  if (judgement.drop > last.judgement.drop || breaksFloor(options, judgement)) return undefined;
  const step = last.step + 1;
  await folder.saveModel(`step-${step}`, model);
  return {
    ...{ step, model: folder.modelPath(`step-${step}`), cost: last.cost, judgement },
    ...(last.latency && { latency: last.latency }),
    ...{ groups: [], history: last.history, stale: [], proof: null },
  };
}

function noNumber({ metric, value }: SearchJudgement): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'search.no-number',
    message: `The original scores ${metric} ${value} on the held-out samples: nothing can be steered by that.`,
    hint: 'Check the labels and the preprocessing with `espalier eval`.',
  });
}
