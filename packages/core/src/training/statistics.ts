// Running statistics of batch normalizations: one vector in the training graph's state, the mean and variance of every layer in turn.
import type { ForwardPass } from '../autodiff/differentiate.ts';
import type { Emitter } from '../autodiff/emitter.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';

/** How much of a running statistic each batch replaces, as in PyTorch. */
export const STATISTICS_MOMENTUM = 0.1;

/** A mean or variance vector of the model, and its place in the vector of all statistics. */
export interface RunningStatistic {
  /** Name of the constant in the model. */
  readonly value: string;
  /** Index of the node whose batches it follows, and the name under which its rule saved them. */
  readonly node: number;
  readonly saved: 'mean' | 'variance';
  readonly offset: number;
  readonly size: number;
}

/** The statistics of a written forward pass: wherever a rule saved the mean and variance of its batch. */
export function findStatistics({ traced, nodes, written }: ForwardPass): readonly RunningStatistic[] {
  let offset = 0;
  return nodes.flatMap((index) => {
    if (written.get(index)?.saved?.variance === undefined) return [];
    const { inputs } = traced.nodes[index]!;
    return (['mean', 'variance'] as const).map((saved, i): RunningStatistic => {
      const value = inputs[3 + i]!;
      const size = elementCount(tracedShape(traced, value));
      const statistic = { value, node: index, saved, offset, size };
      offset += size;
      return statistic;
    });
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
export function writeStatistics(
  emit: Emitter,
  { written }: ForwardPass,
  statistics: readonly RunningStatistic[],
  running: string,
): string {
  const batch = emit.concat(
    statistics.map(({ node, saved, size }) => emit.reshape(written.get(node)!.saved![saved]!, [size])),
    0,
  );
  return emit.add(running, emit.scale(emit.sub(batch, running), STATISTICS_MOMENTUM));
}
