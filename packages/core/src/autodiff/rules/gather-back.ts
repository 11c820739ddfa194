// The way back from a selection along one axis: every picked position gets what it was picked for. ONNX's scatter operators run on
// one thread; the inverse selection from the gradient and a row of zeros is another Gather.
import type { Emitter } from '../emitter.ts';

/** A selection along an axis: position i of the result shows position `positions[i]` of an axis of that size. */
export interface Selection {
  readonly axis: number;
  readonly positions: readonly number[];
  readonly size: number;
}

/** The gradient of what was selected from, where `gradient` of dims `dims` is that of the selection; repeated picks add up. */
export function gatherBack(
  emit: Emitter,
  gradient: string,
  dims: readonly number[],
  { axis, positions, size }: Selection,
): string {
  const pickedFor = Array.from({ length: size }, (): number[] => []);
  for (const [i, position] of positions.entries()) pickedFor[position]!.push(i);
  const most = Math.max(...pickedFor.map((list) => list.length));
  const isHoled = pickedFor.some((list) => list.length < most);
  const zeros = (): string => emit.expand(emit.scalar(0), dims.with(axis, 1));
  const source = isHoled ? emit.concat([gradient, zeros()], axis) : gradient;
  const layers = Array.from({ length: most }, (_, layer) =>
    emit.op('Gather', [source, emit.integers(pickedFor.map((list) => list[layer] ?? positions.length))], {
      axis,
    }),
  );
  return layers.reduce((a, b) => emit.add(a, b));
}
