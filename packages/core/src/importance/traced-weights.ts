// The weight source of a traced model: its constants, however they are stored, and the factors of its scales.
import type { FlowStep } from '../coupling/coupling.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';
import type { TracedModel } from '../trace/traced-model.ts';
import type { Weight, WeightSource } from './weight-source.ts';

/** Reads weights and scale factors of a traced model; half precision is widened once per constant. */
export function createTracedWeights(traced: TracedModel): WeightSource {
  const widened = new Map<string, Weight>();
  const read = (node: number, input: number): Weight | undefined => {
    const name = traced.nodes[node]?.inputs[input] ?? '';
    const known = widened.get(name);
    if (known) return known;
    const array = traced.constantOf(name);
    if (!array) return undefined;
    const weight = { dims: array.dims, data: toFloat32(array) };
    widened.set(name, weight);
    return weight;
  };
  const scaleFactors = (step: FlowStep): Float64Array | undefined => {
    const node = traced.nodes[step.node];
    const factors = node && operatorOf(node)?.factors?.(traced, node);
    return factors?.length === step.count ? Float64Array.from(factors) : undefined;
  };
  return { read, scaleFactors };
}
