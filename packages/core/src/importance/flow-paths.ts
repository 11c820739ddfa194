// Walks the channel flow backwards: from a position a weight reads to the filters whose output arrives there.
import type { Coupling, FlowStep } from '../coupling/coupling.ts';
import { nonFinite } from './filter-view.ts';
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

/** The step a flow id belongs to, and its position there. */
export interface FlowPosition {
  readonly step: FlowStep;
  readonly position: number;
}

/** Finds the step of a flow id by bisection. */
export function createFlowIndex(steps: readonly FlowStep[]): (flow: number) => FlowPosition | undefined {
  const sorted = [...steps].filter((step) => step.count > 0).sort((a, b) => a.base - b.base);
  return (flow) => {
    let low = 0;
    let high = sorted.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const step = sorted[middle]!;
      if (flow < step.base) high = middle - 1;
      else if (flow >= step.base + step.count) low = middle + 1;
      else return { step, position: flow - step.base };
    }
    return undefined;
  };
}

/**
 * All paths that end at a flow id, remembered per id. A sum fans out to all its sources, a scale multiplies, a depthwise convolution adds
 * its kernel, padding ends in nothing. Errors: `importance.non-finite` for a scale factor that is no number.
 */
export function createFlowPaths(
  coupling: Pick<Coupling, 'flow' | 'uses'>,
  weights: WeightSource,
): (flow: number) => readonly FlowPath[] {
  const find = createFlowIndex(coupling.flow);
  const known = new Map<number, readonly FlowPath[]>();
  const factors = new Map<FlowStep, Float64Array | undefined>();

  const factorAt = (step: FlowStep, position: number): number => {
    if (!factors.has(step)) factors.set(step, weights.scaleFactors(step));
    const factor = factors.get(step)?.[position] ?? 1;
    if (Number.isFinite(factor)) return factor;
    throw nonFinite(coupling.uses[step.use ?? -1]?.value ?? `scale of node ${step.node}`, position, factor);
  };

  const extend = (step: FlowStep, position: number): readonly FlowPath[] => {
    const incoming = step.sources.flatMap((source) => walk(source[position]!));
    switch (step.kind) {
      case 'produce':
        return [{ use: step.use!, row: position, factor: 1, kernels: [] }];
      case 'pad':
        return [];
      case 'sum':
        return limitPaths(incoming);
      case 'scale': {
        const factor = factorAt(step, position);
        return incoming.map((path) => ({ ...path, factor: path.factor * factor }));
      }
      case 'depthwise': {
        const kernel = { use: step.use!, row: position };
        return incoming.map((path) => ({ ...path, kernels: [...path.kernels, kernel] }));
      }
    }
  };

  const walk = (flow: number): readonly FlowPath[] => {
    const seen = known.get(flow);
    if (seen) return seen;
    const place = find(flow);
    const paths = place ? extend(place.step, place.position) : [];
    known.set(flow, paths);
    return paths;
  };
  return walk;
}

function limitPaths(paths: readonly FlowPath[]): readonly FlowPath[] {
  if (paths.length <= MAX_PATHS) return paths;
  return [...paths].sort((a, b) => a.kernels.length - b.kernels.length).slice(0, MAX_PATHS);
}
