// How much memory a model needs while it runs node by node: its weights, and the values that are alive at the same time.
import type { TracedModel } from '../graph/traced-model.ts';
import { capturedValues } from '../graph/wiring.ts';
import { elementCount } from '../onnx/tensor.ts';
import { distinctConstants } from './cost.ts';

/**
 * What the graph itself asks for, in bytes. No process takes less that gives every value a buffer of its own; a runtime saves a little where an operator
 * writes over its input, and takes more for packed weights, scratch space and an arena that it never gives back.
 */
export interface MemoryNeed {
  /** Floating-point constants, as wide as they are stored. */
  readonly weightBytes: number;
  /** See {@link peakActivationBytes}. */
  readonly activationBytes: number;
}

/** The memory that a model needs at the first traced size. */
export function memoryNeed(traced: TracedModel): MemoryNeed {
  const constants = distinctConstants(traced).map(({ name }) => traced.constantOf(name)!.data.byteLength);
  return {
    weightBytes: constants.reduce((sum, bytes) => sum + bytes, 0),
    activationBytes: peakActivationBytes(traced),
  };
}

/**
 * The largest sum of bytes of values that are alive at once, at the first traced size, taken as float32. A value lives from the node that makes it to the last
 * that reads it; graph inputs are there from the start, graph outputs stay to the end. Nodes run in the order of the traced graph.
 */
export function peakActivationBytes(traced: TracedModel): number {
  const last = new Map<string, number>();
  traced.nodes.forEach((node, index) => {
    for (const name of [...node.inputs, ...capturedValues(node)]) {
      if (traced.kindOf(name) === 'activation') last.set(name, index);
    }
  });
  for (const { name } of traced.graph.outputs) last.set(name, Number.POSITIVE_INFINITY);
  const size = (name: string): number => 4 * elementCount(traced.shapeOf(name) ?? []);
  const ending = new Map<number, string[]>();
  for (const [name, index] of last) ending.set(index, [...(ending.get(index) ?? []), name]);
  let live = traced.inputNames.reduce((sum, name) => sum + size(name), 0);
  let peak = live;
  traced.nodes.forEach((node, index) => {
    for (const name of node.outputs) if (last.has(name)) live += size(name);
    peak = Math.max(peak, live);
    for (const name of ending.get(index) ?? []) live -= size(name);
  });
  return peak;
}
