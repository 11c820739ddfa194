// Weights to begin with when a model is trained from scratch.
import { gradientRuleOf } from '../autodiff/table.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { createRandom, mixSeeds } from '../random.ts';
import { countParameters, type Parameter } from './parameters.ts';
import type { RunningStatistic } from './statistics.ts';

/**
 * The vector of fresh parameters: weights are normal with variance 2 / fan-in (Delving Deep into Rectifiers, 2015), biases zero, the others what
 * their rule says (`initial`: one for the scale of a normalization). Every parameter has a random stream of its own, seeded by its place in the
 * vector.
 */
export function initialiseWeights(
  traced: TracedModel,
  parameters: readonly Parameter[],
  seed: number,
): Float32Array {
  const vector = new Float32Array(countParameters(parameters));
  for (const parameter of parameters) {
    const { value, decay, offset, size } = parameter;
    const place = vector.subarray(offset, offset + size);
    if (decay === 'no-decay') {
      place.fill(initialValue(traced, value));
      continue;
    }
    const random = createRandom(mixSeeds(seed, offset));
    const deviation = Math.sqrt(2 / fanIn(traced, parameter));
    for (let i = 0; i < size; i++) place[i] = deviation * random.normal();
  }
  return vector;
}

/** Running statistics before the first batch, as their rules say: mean 0, variance 1. */
export function initialiseStatistics(
  traced: TracedModel,
  statistics: readonly RunningStatistic[],
): Float32Array {
  const vector = new Float32Array(statistics.reduce((sum, { size }) => sum + size, 0));
  for (const { value, offset, size } of statistics) {
    vector.fill(initialValue(traced, value), offset, offset + size);
  }
  return vector;
}

function initialValue(traced: TracedModel, value: string): number {
  const { node, slot } = traced.wiring.consumers.get(value)![0]!;
  return gradientRuleOf(traced.nodes[node]!)?.initial?.[slot] ?? 0;
}

/** Elements of a weight per output channel, which is the last axis of a matrix product's output and the second of a convolution's. */
function fanIn(traced: TracedModel, { value, dims, size }: Parameter): number {
  const { node } = traced.wiring.consumers.get(value)![0]!;
  const output = tracedShape(traced, traced.nodes[node]!.outputs[0]!);
  return size / (dims.length > 2 ? output[1]! : output.at(-1)!);
}
