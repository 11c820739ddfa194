// A model traced at the batch it is trained at; exports often have their batch written into the graph.
import {
  type Engine,
  EspalierError,
  type Model,
  modelBehind,
  type TracedModel,
  tracedShape,
  traceModel,
} from '@espalier/core';

/**
 * Traces what lies behind the values at inputs of the given dims, batch first. Errors: `train.fixed-batch` (kind model) when the graph runs at a
 * batch of one only; those of `modelBehind` and `traceModel`.
 */
export async function traceBatch(
  engine: Engine,
  model: Model,
  values: readonly string[],
  dims: readonly number[],
): Promise<TracedModel> {
  const [batch, ...sample] = dims as [number, ...number[]];
  const traceAt = (size: number): Promise<TracedModel> =>
    traceModel(modelBehind(model, values, [size, ...sample]), engine);
  let traced: TracedModel;
  try {
    traced = await traceAt(batch);
  } catch (cause) {
    const runsAlone =
      batch > 1 &&
      (await traceAt(1).then(
        () => true,
        () => false,
      ));
    throw runsAlone ? fixedBatch(batch, 'it runs with one sample only', cause) : cause;
  }
  for (const value of values) {
    const shape = tracedShape(traced, value);
    if (shape[0] === batch) continue;
    throw fixedBatch(batch, `'${value}' becomes [${shape.join(', ')}]`);
  }
  return traced;
}

/** A model traced with all its outputs, and the dims it was traced at. */
export interface WholeTrace {
  readonly traced: TracedModel;
  readonly dims: readonly number[];
}

/** Traces what lies behind all outputs: at the given dims, or with one sample where the graph insists on it. Errors: those of `traceModel`. */
export async function traceWhole(
  engine: Engine,
  model: Model,
  outputs: readonly string[],
  dims: readonly number[],
): Promise<WholeTrace> {
  try {
    return { traced: await traceBatch(engine, model, outputs, dims), dims };
  } catch (error) {
    if (!(error instanceof EspalierError && error.code === 'train.fixed-batch')) throw error;
    const single = [1, ...dims.slice(1)];
    return { traced: await traceBatch(engine, model, outputs, single), dims: single };
  }
}

function fixedBatch(batch: number, why: string, cause?: unknown): EspalierError {
  return new EspalierError({
    kind: 'model',
    code: 'train.fixed-batch',
    message: `The batch size is written into the model's graph: with ${batch} samples ${why}.`,
    hint: 'Export the model with a dynamic batch (--batch 1 works too, where it has no batch normalizations).',
    cause,
  });
}
