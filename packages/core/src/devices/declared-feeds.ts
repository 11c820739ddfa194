// Random inputs from what a loaded model says of its own inputs: how a device makes them that is sent the model and nothing else.
import type { ValueType } from '../engine/engine.ts';
import { EspalierError } from '../errors.ts';
import type { InputSize } from '../graph/traced-model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { createRandom } from '../random.ts';
import { randomFeeds } from '../trace/feeds.ts';

/**
 * Feeds for a session's inputs, the same for the same inputs and seed on every device: standard normal floats, zeros for integers. `size` gives
 * the dims by input name; without it every declared dim must be a number. Throws `device.open-dims` naming the input that is not.
 */
export function declaredFeeds(
  inputs: readonly ValueType[],
  size: InputSize | undefined,
  seed: number,
): Readonly<Record<string, NdArray>> {
  const types = new Map(inputs.map(({ name, type }) => [name, type] as const));
  return randomFeeds(size ?? declaredSize(inputs), types, createRandom(seed));
}

function declaredSize(inputs: readonly ValueType[]): InputSize {
  return Object.fromEntries(inputs.map((input) => [input.name, fixedDims(input)]));
}

function fixedDims({ name, dims }: ValueType): readonly number[] {
  const fixed = dims?.filter((dim) => typeof dim === 'number' && dim >= 0) as readonly number[] | undefined;
  if (fixed !== undefined && fixed.length === dims?.length) return fixed;
  throw new EspalierError({
    kind: 'usage',
    code: 'device.open-dims',
    message: `Input '${name}' has the open size [${(dims ?? []).map((dim) => dim ?? '?').join(', ')}].`,
    hint: 'Send the size to measure at along with the model.',
  });
}
