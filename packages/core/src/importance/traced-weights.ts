// The weights of a traced model, as the criteria read them.

import type { TracedModel } from '../graph/traced-model.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';
import type { Weight, WeightSource } from './weight-source.ts';

/** Reads constants of a traced model, each widened to float32 once. */
export function weightsOf(traced: TracedModel): WeightSource {
  const known = new Map<string, Weight>();
  return {
    read(node, input) {
      const name = traced.nodes[node]?.inputs[input] ?? '';
      const hit = known.get(name);
      if (hit) return hit;
      const array = name === '' ? undefined : traced.constantOf(name);
      if (!array) return undefined;
      const weight: Weight = { dims: array.dims, data: toFloat32(array) };
      known.set(name, weight);
      return weight;
    },
    scaleFactors(step) {
      const node = traced.nodes[step.node]!;
      const factors = operatorOf(node)?.factors?.(traced, node);
      // A constant that also varies along other axes has no one factor per channel.
      return factors?.length === step.count ? Float64Array.from(factors) : undefined;
    },
  };
}
