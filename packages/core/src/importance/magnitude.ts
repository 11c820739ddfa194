// Criteria that look at one filter by itself: its norm, its BatchNormalization factor, both.
import { FIXED, type Use } from '../coupling/coupling.ts';
import { EspalierError } from '../errors.ts';
import type { CriterionInput, MemberScores } from './criterion.ts';
import { createFilterViews, isFilterBank, measureMasses, type Norm } from './filter-view.ts';
import { createFlowIndex } from './flow-paths.ts';

/**
 * L1 norm of the filters that make the channel, "Pruning Filters for Efficient ConvNets" (ICLR 2017). A member is a weight; rows of a
 * depthwise kernel are filters too.
 */
export function scoreL1({ coupling, weights }: CriterionInput): readonly MemberScores[] {
  return scoreNorms(coupling.uses, createRowNorms(weights, 'l1'));
}

/** L2 norm of the filters that make the channel; the default of "Iterative filter pruning for concatenation-based CNNs" (IJCNN 2024). */
export function scoreL2({ coupling, weights }: CriterionInput): readonly MemberScores[] {
  return scoreNorms(coupling.uses, createRowNorms(weights, 'l2'));
}

/** Adds up `values[position]` by class. */
export function scoreRows(use: Use, values: Float64Array): MemberScores {
  const scores = new Map<number, number>();
  for (const [position, id] of use.labels.entries()) {
    if (id !== FIXED) scores.set(id, (scores.get(id) ?? 0) + values[position]!);
  }
  return { producer: use.node, scores };
}

function scoreNorms(uses: readonly Use[], rowNorms: (use: Use) => Float64Array): readonly MemberScores[] {
  return uses.filter(isFilterBank).map((use) => scoreRows(use, rowNorms(use)));
}

function createRowNorms(weights: CriterionInput['weights'], norm: Norm): (use: Use) => Float64Array {
  const viewOf = createFilterViews(weights);
  const known = new Map<Use, Float64Array>();
  return (use) => {
    const masses = known.get(use) ?? measureMasses(viewOf(use), norm);
    known.set(use, masses);
    return norm === 'l2' ? masses.map(Math.sqrt) : masses;
  };
}

/**
 * |γ| of the scales the channel passes, "Learning Efficient Convolutional Networks through Network Slimming" (ICCV 2017).
 * A member is a scale. Error: `importance.no-batchnorm`.
 */
export function scoreBnGamma({ coupling, weights }: CriterionInput): readonly MemberScores[] {
  const gammasOf = createGammas(weights);
  return listScales(coupling, 'bn-gamma').map(({ use }) => scoreRows(use, gammasOf(use)));
}

/**
 * |γ| times the L1 norm of the filter before it, one of the criteria compared in "Iterative filter pruning for concatenation-based CNNs"
 * (IJCNN 2024). A member is a scale; filters are those directly before it, or behind a sum before it. Error: `importance.no-batchnorm`.
 */
export function scoreGammaL1({ coupling, weights }: CriterionInput): readonly MemberScores[] {
  const find = createFlowIndex(coupling);
  const gammasOf = createGammas(weights);
  const rowNorms = createRowNorms(weights, 'l1');
  const normAt = (flow: number): number => {
    const place = find(flow);
    if (!place) return 0;
    const { step, position, filter } = place;
    if (filter) return rowNorms(filter.use)[filter.row]!;
    // Behind another scale lies a filter that is scored with that one.
    if (step.kind !== 'sum') return 0;
    return step.sources.reduce((total, source) => total + normAt(source[position]!), 0);
  };
  return listScales(coupling, 'gamma-l1').map(({ use, source }) => {
    const gammas = gammasOf(use);
    return scoreRows(
      use,
      Float64Array.from(source, (flow, position) => gammas[position]! * normAt(flow)),
    );
  });
}

/** |γ| per position; the mean where the constant also varies along other axes. */
function createGammas(weights: CriterionInput['weights']): (use: Use) => Float64Array {
  const viewOf = createFilterViews(weights);
  return (use) => {
    const view = viewOf(use);
    return measureMasses(view, 'l1').map((mass) => mass / view.items.length);
  };
}

/** The scale steps whose factor is a vector of the model. A step that names no use takes its node's first: γ comes before β, mean and variance. */
function listScales(
  coupling: CriterionInput['coupling'],
  criterion: string,
): readonly { use: Use; source: Int32Array }[] {
  const scales = coupling.flow.flatMap((step) => {
    if (step.kind !== 'scale') return [];
    const [first] = coupling.uses
      .filter((use) => use.role === 'pass' && use.node === step.node)
      .sort((a, b) => a.input - b.input);
    const use = step.use === undefined ? first : coupling.uses[step.use];
    return use ? [{ use, source: step.sources[0]! }] : [];
  });
  if (scales.length > 0) return scales;
  throw new EspalierError({
    kind: 'model',
    code: 'importance.no-batchnorm',
    message: `The criterion '${criterion}' needs BatchNormalization, and no channel of this model passes one.`,
    hint: 'Exports usually fold BatchNormalization into the convolutions: export in training mode to keep it, or use fscl, l1 or l2.',
  });
}
