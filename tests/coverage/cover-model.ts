// What can be cut of one model, and whether a cut to 0.6 of its multiply-accumulates is proven: one row of docs/coverage.md.
import {
  analyseCoupling,
  type Choice,
  type Cost,
  type CostModel,
  type Coupling,
  choosePlan,
  computeImportance,
  createCostModel,
  cutModel,
  type Engine,
  EspalierError,
  FIXED,
  keepAll,
  listCuts,
  type Model,
  makePlan,
  nodeId,
  prepareLimits,
  type TracedModel,
  type TraceOptions,
  traceModel,
  type Verification,
  verifyCut,
  weightsOf,
} from '@espalier/core';

/** Fraction of the multiply-accumulates that every model is asked to keep. */
export const TARGET = 0.6;

/** One model's row. */
export interface CoverageRow {
  readonly name: string;
  /** Convolutions some of whose channels can go, and all. */
  readonly prunable: number;
  readonly convolutions: number;
  /** Fraction of the convolutions' output channels that can go. */
  readonly freeChannels: number;
  /** Least fraction of the multiply-accumulates that can be reached, no layer emptied. */
  readonly least: number;
  /** Fraction kept for the target; undefined when it cannot be reached. */
  readonly kept: number | undefined;
  /** undefined when the target cannot be reached. */
  readonly proof: Verification | undefined;
  /** The error that names the nodes when the target cannot be reached. */
  readonly unreachable: string | undefined;
  /** What freezes the rest, most channels first. */
  readonly frozenBy: readonly string[];
  /** Groups that may go altogether; undefined where there are none. */
  readonly branches: BranchCoverage | undefined;
}

/** What is left of a model when all branches that can go together are gone. */
export interface BranchCoverage {
  readonly count: number;
  /** Fraction of the multiply-accumulates. */
  readonly kept: number;
  readonly proof: Verification;
  /** The costs that were foretold, and those of the cut model. */
  readonly foretold: Cost;
  readonly found: Cost;
}

/** Analyses, scores with FSCL, cuts and proves. */
export async function coverModel(
  name: string,
  model: Model,
  engine: Engine,
  options: TraceOptions = {},
): Promise<CoverageRow> {
  const traced = await traceModel(model, engine, options);
  const coupling = analyseCoupling(traced);
  const costs = createCostModel(traced, coupling);
  const scores = await computeImportance(coupling, weightsOf(traced), 'fscl', { norm: 'l2' });
  const { least } = choosePlan(traced, coupling, costs, scores, { macs: 1, maxRatio: 1 });
  const facts = { name, ...countChannels(coupling), least: least!, frozenBy: listHolders(traced, coupling) };
  const branches = await coverBranches(traced, coupling, costs, engine, options);
  const choice = chooseOrExplain(traced, coupling, costs, scores);
  if (typeof choice === 'string') {
    return { ...facts, branches, kept: undefined, proof: undefined, unreachable: choice };
  }
  const { cuts } = makePlan(traced, coupling, choice.keep);
  const pruned = await cutModel(traced, coupling, choice.keep, engine);
  const proof = await verifyCut(traced, coupling, choice.keep, cuts, pruned, engine);
  const kept = choice.cost.macs / choice.original.macs;
  return { ...facts, branches, kept, proof, unreachable: undefined };
}

async function coverBranches(
  traced: TracedModel,
  coupling: Coupling,
  costs: CostModel,
  engine: Engine,
  options: TraceOptions,
): Promise<BranchCoverage | undefined> {
  const { branches } = coupling;
  if (branches.length === 0) return undefined;
  const wished = keepAll(coupling);
  for (const label of branches.flatMap(({ classes }) => classes)) wished[label] = 0;
  const scores = new Float64Array(coupling.classes.length);
  const keep = prepareLimits(traced, coupling, scores, { branches: true }).apply(wished);
  const cut = await cutModel(traced, coupling, keep, engine);
  const proof = await verifyCut(traced, coupling, keep, listCuts(traced, coupling, keep), cut, engine);
  const again = await traceModel(cut, engine, options);
  const foretold = costs.totals(keep);
  return {
    ...{ count: branches.length, kept: foretold.macs / costs.original.macs, proof, foretold },
    found: createCostModel(again, analyseCoupling(again)).original,
  };
}

function chooseOrExplain(
  traced: TracedModel,
  coupling: Coupling,
  costs: CostModel,
  scores: Float64Array,
): Choice | string {
  try {
    return choosePlan(traced, coupling, costs, scores, { macs: TARGET });
  } catch (error) {
    if (error instanceof EspalierError && error.code === 'plan.unreachable') return error.message;
    throw error;
  }
}

/** Uses that make the output channels of convolutions: kernels with spatial axes. */
const producersOf = (coupling: Coupling) =>
  coupling.uses.filter((use) => use.role === 'produce' && use.kernel && use.kernel.spatial.length > 0);

function countChannels(coupling: Coupling) {
  const isFree = (label: number): boolean => label !== FIXED && coupling.classes[label]!.frozen < 0;
  const uses = producersOf(coupling);
  const labels = uses.flatMap((use) => [...use.labels]);
  return {
    prunable: new Set(uses.filter((use) => use.labels.some(isFree)).map((use) => use.node)).size,
    convolutions: new Set(uses.map((use) => use.node)).size,
    freeChannels: labels.filter(isFree).length / labels.length,
  };
}

function listHolders(traced: TracedModel, coupling: Coupling): readonly string[] {
  const counts = new Map<string, number>();
  for (const { labels } of producersOf(coupling)) {
    for (const label of labels) {
      const reason = label === FIXED ? undefined : coupling.reasons[coupling.classes[label]!.frozen];
      if (!reason) continue;
      const node = traced.nodes[reason.node];
      const holder = node ? `${node.opType} '${nodeId(node)}' ${reason.text}` : 'outputs of the model';
      counts.set(holder, (counts.get(holder) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([holder, count]) => `${count}: ${holder}`);
}
