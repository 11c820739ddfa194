// One step of a search: a proposed cut, proven, recovered and judged, weaker and weaker until what it costs can be afforded.
import {
  cutModel,
  EspalierError,
  extendHistory,
  flushDenormals,
  groupName,
  groupsNear,
  type KeepMask,
  type LatencyReading,
  listPrunableGroups,
  makePlan,
  type PlanLimits,
  prepareLimits,
  type SearchState,
  type SearchStep,
  type SearchTrial,
  sumUpProof,
  verifyCut,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { breaksFloor } from './class-limit.ts';
import type { SearchEvent } from './search-events.ts';
import { SEARCH_DEFAULTS, type SearchRecorder, type SearchWork } from './search-options.ts';
import { recoverStep } from './search-recovery.ts';
import { changedGroups, isSingle } from './strategies.ts';

/** How much weaker each further try is, and how many there are. */
const WEAKER = 0.5;
const TRIES = 4;

/** A choice of classes that may be cut. */
export interface Candidate {
  readonly keep: KeepMask;
  /** Measured already where a latency is the target. */
  readonly latency?: LatencyReading;
}

/** The cut at a strength above 0 and up to 1; the same at the same strength. Undefined where there is none. */
export type CutAt = (strength: number) => AsyncGenerator<SearchEvent, Candidate | undefined>;

/** The model a step begins with. */
export interface Standing {
  readonly analysis: Analysis;
  readonly scores: Float64Array;
  readonly state: SearchState;
  readonly limits: PlanLimits;
}

/**
 * Tries a cut at falling strength until its drop is within the step's part of the budget; `budget` when even the weakest is not, `nothing-left` when
 * the cut takes nothing away. Tries that were refused before a resumed run was interrupted are not repeated. Error, kind verification:
 * `verify.deviates`.
 */
export async function* tryCuts(
  work: SearchWork,
  { analysis, scores, state, limits }: Standing,
  cutAt: CutAt,
  record: SearchRecorder,
): AsyncGenerator<SearchEvent, SearchStep | 'budget' | 'nothing-left'> {
  const { options, judge, recovery } = work;
  const { engine, folder, signal } = options;
  const last = state.steps.at(-1)!;
  const baseline = state.steps[0]!.judgement;
  const allowed = allowedDrop(work, state);
  const refused = state.trials.filter(({ iteration, accepted }) => iteration === last.step && !accepted);
  let isRefused = refused.length > 0;
  const { traced, coupling, cost } = analysis;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const start = performance.now();
    const strength = WEAKER ** attempt;
    if (refused.some((trial) => trial.strength === strength)) continue;
    const candidate = yield* cutAt(strength);
    if (!candidate || changedGroups(coupling, candidate.keep).size === 0) break;
    const { keep, latency } = candidate;
    // A group loses whole channels, so that a weaker cut may be the same.
    if (attempt > 0 && isSame(keep, (yield* cutAt(strength / WEAKER))?.keep)) continue;
    yield { type: 'step', step: 'cut' };
    const cut = flushDenormals(await cutModel(traced, coupling, keep, engine));
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
    const brokenFloor = breaksFloor(options, recovered) ? recovered.worstClass : undefined;
    const accepted = recovered.worst <= allowed && brokenFloor === undefined;
    const trial: SearchTrial = {
      ...{ iteration: last.step, strength, cost: cost.totals(keep), cutAlone, recovered, allowed, accepted },
      ...(latency && { latency }),
      ...(brokenFloor && { brokenFloor }),
      seconds: (performance.now() - start) / 1000,
    };
    yield record({ type: 'search.trial', trial });
    isRefused ||= !accepted;
    if (!accepted) continue;
    const step = last.step + 1;
    await folder.saveModel(`step-${step}`, model);
    return {
      ...{ step, model: folder.modelPath(`step-${step}`), cost: trial.cost, judgement: recovered },
      ...(latency && { latency }),
      ...{ groups: plan.groups, history: extendHistory(last.history, plan.groups) },
      ...{ stale: staleGroups(analysis, scores, keep, limits), proof: proof.verdict },
      evidence: sumUpProof(proof),
    };
  }
  return isRefused ? 'budget' : 'nothing-left';
}

/** What is spent of the budget, and the step's part of what is left. */
function allowedDrop({ options }: SearchWork, { steps }: SearchState): number {
  const { maxDrop, strategy = SEARCH_DEFAULTS.strategy } = options;
  const share = options.stepShare ?? (isSingle(strategy) ? 1 : SEARCH_DEFAULTS.stepShare);
  const spent = Math.max(0, steps.at(-1)!.judgement.drop);
  return spent + share * Math.max(0, maxDrop - spent);
}

function isSame(one: KeepMask, other: KeepMask | undefined): boolean {
  return one.every((bit, id) => bit === other?.[id]);
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

function unproven(step: number): EspalierError {
  return new EspalierError({
    kind: 'verification',
    code: 'verify.deviates',
    message: `The cut of step ${step} does not compute what the zeroed model before it does.`,
    hint: 'Please report the model with `espalier inspect --json`; the steps before it are sound.',
  });
}
