// Walks the channel flow backwards: from a position a weight reads to the filters whose output arrives there.
import type { Coupling, FlowStep, Use } from '../coupling/coupling.ts';
import { isFilterBank, nonFinite } from './filter-view.ts';
import type { WeightSource } from './weight-source.ts';

/** One way from a filter to a reader. */
export interface FlowPath {
  /** Id of the produce use, and the row of it that makes the channel. */
  readonly use: number;
  readonly row: number;
  /** Product of the scale factors on the way. */
  readonly factor: number;
  /** Depthwise kernels on the way, nearest to the filter first: rows of the uses with these ids. */
  readonly kernels: readonly { readonly use: number; readonly row: number }[];
}

/**
 * A channel with more paths than this keeps those with the fewest depthwise kernels. Sums of a value with its own depthwise convolution
 * double the paths each time, so a long chain of them would never end; no published network comes near.
 */
export const MAX_PATHS = 1024;

/** The step a flow id belongs to, its position there, and the filter that makes it where there is one. */
export interface FlowPosition {
  readonly step: FlowStep;
  readonly position: number;
  readonly filter: { readonly use: Use; readonly row: number } | undefined;
}

/** Finds what a flow id stands for; undefined for −1. */
export function createFlowIndex(
  coupling: Pick<Coupling, 'flow' | 'uses'>,
): (flow: number) => FlowPosition | undefined {
  const places = new Map<number, FlowPosition>();
  const filters = new Map<number, { use: Use; row: number }>();
  // The uses say which row it is: a grouped weight may be several uses, one per block, behind one step.
  for (const use of coupling.uses.filter(isFilterBank)) {
    for (const [row, flow] of use.flow.entries()) filters.set(flow, { use, row });
  }
  for (const step of coupling.flow) {
    for (let position = 0; position < step.count; position++) {
      const flow = step.base + position;
      places.set(flow, { step, position, filter: filters.get(flow) });
    }
  }
  return (flow) => places.get(flow);
}

/**
 * All paths that end at a flow id, remembered per id. A sum fans out to all its sources, a scale multiplies, a depthwise convolution adds
 * its kernel, padding ends in nothing. Errors: `importance.non-finite` for a scale factor that is no number.
 */
export function createFlowPaths(
  coupling: Pick<Coupling, 'flow' | 'uses'>,
  weights: WeightSource,
): (flow: number) => readonly FlowPath[] {
  const find = createFlowIndex(coupling);
  const known = new Map<number, readonly FlowPath[]>();
  const factors = new Map<FlowStep, Float64Array | undefined>();

  const factorAt = (step: FlowStep, position: number): number => {
    if (!factors.has(step)) factors.set(step, weights.scaleFactors(step));
    const factor = factors.get(step)?.[position] ?? 1;
    if (Number.isFinite(factor)) return factor;
    throw nonFinite(coupling.uses[step.use ?? -1]?.value ?? `scale of node ${step.node}`, position, factor);
  };

  const extend = ({ step, position, filter }: FlowPosition): readonly FlowPath[] => {
    const incoming = step.sources.flatMap((source) => walk(source[position]!));
    switch (step.kind) {
      case 'produce':
        return filter ? [{ use: filter.use.id, row: filter.row, factor: 1, kernels: [] }] : [];
      case 'pad':
        return [];
      case 'sum':
        return limitPaths(incoming);
      case 'scale': {
        const factor = factorAt(step, position);
        return incoming.map((path) => ({ ...path, factor: path.factor * factor }));
      }
      case 'depthwise': {
        if (!filter) return incoming;
        const kernel = { use: filter.use.id, row: filter.row };
        return incoming.map((path) => ({ ...path, kernels: [...path.kernels, kernel] }));
      }
    }
  };

  const walk = (flow: number): readonly FlowPath[] => {
    const seen = known.get(flow);
    if (seen) return seen;
    const place = find(flow);
    const paths = place ? extend(place) : [];
    known.set(flow, paths);
    return paths;
  };
  return walk;
}

function limitPaths(paths: readonly FlowPath[]): readonly FlowPath[] {
  if (paths.length <= MAX_PATHS) return paths;
  return [...paths].sort((a, b) => a.kernels.length - b.kernels.length).slice(0, MAX_PATHS);
}
