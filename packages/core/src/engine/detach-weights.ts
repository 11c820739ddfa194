// Models too large for one protobuf message: their weights travel beside the graph, by reference.
import type { Model, Tensor } from '../onnx/model.ts';
import type { LoadOptions } from './engine.ts';

/** A model whose large weights are external, and those weights as in-memory files for {@link LoadOptions.externalFiles}. */
export interface DetachedModel {
  readonly model: Model;
  readonly files: NonNullable<LoadOptions['externalFiles']>;
}

/**
 * Moves the raw bytes of every initializer of at least `atLeast` bytes (default 1 MiB) out of the model, without copying them.
 * Weights in Constant nodes and in subgraphs stay, since runtimes accept external data only in the main graph.
 * Locations are `espalier-weight-0`, `-1`, …
 */
export function detachWeights(model: Model, atLeast = 2 ** 20): DetachedModel {
  const files: { location: string; data: Uint8Array }[] = [];
  const initializers = model.graph.initializers.map((tensor): Tensor => {
    if (tensor.raw === undefined || tensor.raw.byteLength < atLeast) return tensor;
    const { raw, ...described } = tensor;
    const location = `espalier-weight-${files.length}`;
    files.push({ location, data: raw });
    return { ...described, external: { location, offset: 0, length: raw.byteLength } };
  });
  return { model: { ...model, graph: { ...model.graph, initializers } }, files };
}

/** Bytes of raw weights that initializers hold inside the model. */
export function weightBytes(model: Model): number {
  return model.graph.initializers.reduce((sum, tensor) => sum + (tensor.raw?.byteLength ?? 0), 0);
}
