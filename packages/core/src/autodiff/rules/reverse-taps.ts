// Kernels turned around: what a convolution runs backwards with.
import { elementCount } from '../../onnx/tensor.ts';
import type { Emitter } from '../emitter.ts';

/** A weight of two axes and any kernel behind them, its taps in reverse order along every kernel axis. */
export function reverseTaps(emit: Emitter, weight: string, dims: readonly number[]): string {
  const [outputs, inputs, ...kernel] = dims as readonly [number, number, ...number[]];
  const taps = elementCount(kernel);
  if (taps === 1) return weight;
  const order = emit.integers(Array.from({ length: taps }, (_, i) => taps - 1 - i));
  const flat = emit.reshape(weight, [outputs, inputs, taps]);
  return emit.reshape(emit.op('Gather', [flat, order], { axis: 2 }), dims);
}
