// How much memory the values on a model's border take while it runs node by node.
import type { TracedModel } from '../graph/traced-model.ts';
import { elementCount } from '../onnx/tensor.ts';

/** Largest sum of bytes of values that are still to be read, at the first traced size, taken as float32. */
export function peakLiveBytes(traced: TracedModel): number {
  const last = new Map<string, number>();
  traced.nodes.forEach((node, index) => {
    for (const name of node.inputs) if (traced.kindOf(name) === 'activation') last.set(name, index);
  });
  const size = (name: string): number => 4 * elementCount(traced.shapeOf(name) ?? []);
  let live = traced.inputNames.reduce((sum, name) => sum + size(name), 0);
  let peak = live;
  traced.nodes.forEach((node, index) => {
    for (const name of node.outputs) if (last.has(name)) live += size(name);
    peak = Math.max(peak, live);
    for (const name of new Set(node.inputs)) if (last.get(name) === index) live -= size(name);
  });
  return peak;
}
