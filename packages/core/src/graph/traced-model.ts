// What one traced run tells about a model: sorted nodes, shapes at one or two input sizes, constants, shape arithmetic.

import { EspalierError } from '../errors.ts';
import type { Graph, Model, Node } from '../onnx/model.ts';
import type { ArrayType, NdArray } from '../onnx/nd-array.ts';
import type { Wiring } from './wiring.ts';

/**
 * How a value comes about. constant: depends on no graph input. shape: depends on inputs only through Shape and Size.
 * activation: everything else.
 */
export type ValueKind = 'constant' | 'shape' | 'activation';

/** Input dims of one traced run, by graph input. */
export type InputSize = Readonly<Record<string, readonly number[]>>;

/** A model together with what running it showed. Node numbers are indices into `nodes`. */
export interface TracedModel {
  /** The model with its graph in execution order. */
  readonly model: Model;
  readonly graph: Graph;
  readonly nodes: readonly Node[];
  readonly wiring: Wiring;
  /** Version of the default operator set. */
  readonly opset: number;
  /** Real inputs (initializers that are also declared as inputs are constants). */
  readonly inputNames: readonly string[];
  /** The traced sizes: one, or two when the model has dynamic dims that may really vary. */
  readonly sizes: readonly InputSize[];
  /** Things a user should know about the trace: assumed sizes, dims that are declared dynamic but are not. */
  readonly notes: readonly string[];
  kindOf(value: string): ValueKind;
  /** Dims of a value at the given traced size (default 0); undefined for values that are no tensors. */
  shapeOf(value: string, size?: number): readonly number[] | undefined;
  /** The contents of a constant; undefined for other values. */
  constantOf(value: string): NdArray | undefined;
  /** The contents of a constant or shape value (at most 4096 elements) at a traced size, as numbers. */
  contentOf(value: string, size?: number): readonly number[] | undefined;
  /** Element type of a value whose contents are known. */
  typeOf(value: string): ArrayType | undefined;
}

/** The dims of a value that must have been traced. */
export function tracedShape(traced: TracedModel, value: string, size = 0): readonly number[] {
  const shape = traced.shapeOf(value, size);
  if (shape) return shape;
  throw new EspalierError({
    kind: 'model',
    code: 'trace.no-shape',
    message: `The value '${value}' has no traced shape.`,
    hint: 'It is not a tensor, or lies inside a subgraph; please report the model.',
  });
}

/** The name a node goes by in plans, tables and messages: its first output. */
export function nodeId(node: Node): string {
  return node.outputs.find((name) => name !== '') ?? node.name ?? node.opType;
}
