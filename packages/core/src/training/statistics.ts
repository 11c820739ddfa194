// Running statistics of batch normalizations: one vector in the training graph's state, the mean and variance of every layer in turn.
import type { ForwardPass } from '../autodiff/differentiate.ts';
import type { Emitter } from '../autodiff/emitter.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';

/** How much of a running statistic each batch replaces, as in PyTorch. */
export const STATISTICS_MOMENTUM = 0.1;

/** A constant of the model that follows the batches (a mean, a variance), and its place in the vector of all of them. */
export interface RunningStatistic {
  /** Name of the constant in the model. */
  readonly value: string;
  readonly offset: number;
  readonly size: number;
}

/** The statistics of a written forward pass: whatever its rules say follows the batches. */
export function findStatistics(forward: ForwardPass): readonly RunningStatistic[] {
  const { traced } = forward;
  let offset = 0;
  return runningValues(forward).map(({ value }) => {
    const size = elementCount(tracedShape(traced, value));
    const statistic = { value, offset, size };
    offset += size;
    return statistic;
  });
}

/** The vector of the statistics a model holds. */
export function readStatistics(
  traced: Pick<TracedModel, 'constantOf'>,
  statistics: readonly RunningStatistic[],
): Float32Array {
  const vector = new Float32Array(statistics.reduce((sum, { size }) => sum + size, 0));
  for (const { value, offset } of statistics) vector.set(toFloat32(traced.constantOf(value)!), offset);
  return vector;
}

/** Writes the statistics after a batch: what was there moves towards what the batch showed. */
export function writeStatistics(emit: Emitter, forward: ForwardPass, running: string): string {
  const { traced } = forward;
  const batch = emit.concat(
    runningValues(forward).map(({ value, batch: found }) =>
      emit.reshape(found, [elementCount(tracedShape(traced, value))]),
    ),
    0,
  );
  return emit.add(running, emit.scale(emit.sub(batch, running), STATISTICS_MOMENTUM));
}

function runningValues({ traced, nodes, written }: ForwardPass) {
  return nodes.flatMap((index) =>
    (written.get(index)?.running ?? []).map(({ input, batch }) => ({
      value: traced.nodes[index]!.inputs[input]!,
      batch,
    })),
  );
}
