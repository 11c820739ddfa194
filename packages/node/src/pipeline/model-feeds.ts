// Random inputs of the right types and sizes for a traced model.
import { arrayTypeOf, createRandom, type NdArray, randomFeeds, type TracedModel } from '@espalier/core';

/** Feeds at the first traced size, the same for the same seed: standard normal floats, zeros for integers. */
export function makeFeeds(traced: TracedModel, seed: number): Readonly<Record<string, NdArray>> {
  const types = new Map(
    traced.graph.inputs.map((input) => [input.name, arrayTypeOf(input.elemType ?? 0)] as const),
  );
  return randomFeeds(traced.sizes[0]!, types, createRandom(seed));
}
