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

function fixedBatch(batch: number, why: string, cause?: unknown): EspalierError {
  return new EspalierError({
    kind: 'model',
    code: 'train.fixed-batch',
    message: `The batch size is written into the model's graph: with ${batch} samples ${why}.`,
    hint: 'Export the model with a dynamic batch (--batch 1 works too, where it has no batch normalizations).',
    cause,
  });
}
