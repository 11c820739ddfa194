// A loss without labels and without a teacher: a random combination of a model's answers, new for every batch.
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount } from '../onnx/tensor.ts';
import type { Random } from '../random.ts';
import { mixLosses } from './loss.ts';
import type { LossDefinition } from './training-graph.ts';

/** Name of the graph input for the signs of a value. */
export const signsInput = (value: string): string => `projection.${value}`;

/**
 * Σ sign · answer over the batch and all given values, each in units of its root mean square so that values of any size weigh alike. With
 * random signs the expected square of a derivative of this loss is the squared norm of that derivative of the answers: how much they
 * change, whatever is right (A stochastic estimator of the trace of the influence matrix, 1989).
 */
export function projectionLoss(values: readonly string[]): LossDefinition {
  return {
    reads: values,
    write: (c) =>
      mixLosses(
        c.emit,
        values.map((value) => {
          const { name, dims } = c.value(value);
          const count = elementCount(dims);
          const flat = c.emit.reshape(name, [count]);
          const power = c.emit.reduceMean(c.emit.mul(flat, flat), [0]);
          const size = c.emit.op('Sqrt', [c.emit.add(power, c.emit.scalar(1e-12))]);
          const slope = c.emit.div(c.input(signsInput(value), dims), size);
          const products = c.emit.reshape(c.emit.mul(name, slope), [count]);
          return {
            loss: { value: c.emit.reduceSum(products, [0]), gradients: new Map([[value, slope]]) },
            weight: 1,
          };
        }),
      ),
  };
}

/** Random signs for a value of these dims. */
export function randomSigns(dims: readonly number[], random: Random): NdArray {
  const data = Float32Array.from({ length: elementCount(dims) }, () => (random.integer(2) === 0 ? -1 : 1));
  return { type: 'float32', dims, data };
}
