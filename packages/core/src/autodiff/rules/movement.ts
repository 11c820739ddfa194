// Gradients of operators that only move, repeat or drop elements: the elements move back, repeats add up, zeros fill the gaps.
import { intAttribute, intsAttribute, stringAttribute } from '../../graph/attributes.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { GradientContext, GradientRule } from '../gradient-rule.ts';
import { gatherBack } from './gather-back.ts';
import { sliceBack, sliceRanges } from './slice-back.ts';

/** Reshape and its kin: the order of the elements stays. */
const reshaped: GradientRule = { backward: (c) => [() => c.emit.reshape(c.gradient()!, c.inShape(0))] };

const transposed: GradientRule = {
  backward: (c) => [
    () => {
      const reversed = c.inShape(0).map((_, axis, { length }) => length - 1 - axis);
      const perm = intsAttribute(c.node, 'perm') ?? reversed;
      return c.emit.transpose(
        c.gradient()!,
        perm.map((_, axis) => perm.indexOf(axis)),
      );
    },
  ],
};

const expanded: GradientRule = {
  backward: (c) => [() => c.emit.sumTo(c.gradient()!, c.outShape(0), c.inShape(0))],
};

/** Repeats become an axis of their own, which is summed. */
const tiled: GradientRule = {
  backward: (c) => [
    () => {
      const parted = c.inShape(0).flatMap((size, axis) => [c.outShape(0)[axis]! / size, size]);
      const repeats = c.inShape(0).flatMap((size, axis) => (c.outShape(0)[axis] === size ? [] : [2 * axis]));
      if (repeats.length === 0) return c.gradient()!;
      const summed = c.emit.reduceSum(c.emit.reshape(c.gradient()!, parted), repeats);
      return c.emit.reshape(summed, c.inShape(0));
    },
  ],
};

const concatenated: GradientRule = {
  backward: (c) => {
    const axis = axisOf(c, 1);
    const sizes = c.node.inputs.map((_, i) => c.inShape(i)[axis]!);
    return sizes.map((size, i) => () => {
      const start = sizes.slice(0, i).reduce((a, b) => a + b, 0);
      return c.emit.slice(c.gradient()!, [axis], [start], [start + size]);
    });
  },
};

const split: GradientRule = {
  backward: (c) => [
    () => {
      const parts = c.node.outputs.map(
        (_, i) => c.gradient(i) ?? c.emit.expand(c.emit.scalar(0), c.outShape(i)),
      );
      return c.emit.concat(parts, axisOf(c, 0));
    },
  ],
};

const sliced: GradientRule = {
  backward: (c) => [() => sliceBack(c.emit, c.gradient()!, c.outShape(0), c.inShape(0), sliceRanges(c))],
};

/** Which position of its input every position of a padded axis shows */
const PAD_SOURCES: Readonly<Record<string, (position: number, size: number) => number>> = {
  edge: (position, size) => Math.min(Math.max(position, 0), size - 1),
  reflect: (position, size) => {
    const period = Math.max(1, 2 * (size - 1));
    const folded = ((position % period) + period) % period;
    return Math.min(folded, period - folded);
  },
  wrap: (position, size) => ((position % size) + size) % size,
};

/** Amounts per axis of a Pad: [before, after]. */
function padsOf(c: NodeFacts): readonly (readonly [number, number])[] {
  const pads = intsAttribute(c.node, 'pads') ?? c.content(1) ?? [];
  const axes = c.kind(3) === 'absent' ? c.inShape(0).map((_, axis) => axis) : (c.content(3) ?? []);
  const rank = c.inShape(0).length;
  const places = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  return c.inShape(0).map((_, axis) => {
    const at = places.indexOf(axis);
    return at < 0 ? [0, 0] : [pads[at]!, pads[at + places.length]!];
  });
}

const padded: GradientRule = {
  backward: (c) => [
    () => {
      const source = PAD_SOURCES[stringAttribute(c.node, 'mode', 'constant')];
      if (source === undefined) return unpad(c);
      const axes = padsOf(c).flatMap((pads, axis) => (pads.some((n) => n !== 0) ? [axis] : []));
      let dims = c.outShape(0);
      return axes.reduce((gradient, axis) => {
        const size = c.inShape(0)[axis]!;
        const before = padsOf(c)[axis]![0];
        const positions = Array.from({ length: dims[axis]! }, (_, i) => source(i - before, size));
        const result = gatherBack(c.emit, gradient, dims, { axis, positions, size });
        dims = dims.with(axis, size);
        return result;
      }, c.gradient()!);
    },
  ],
};

/** What was padded with a constant is cut off; what was cropped by negative amounts comes back as zeros. */
function unpad(c: GradientContext): string {
  const pads = padsOf(c);
  const lost = pads.map(([before, after]) => [Math.max(0, -before), Math.max(0, -after)] as const);
  const gained = pads.flatMap(([before, after], axis) =>
    before > 0 || after > 0 ? [{ axis, start: Math.max(0, before), after: Math.max(0, after) }] : [],
  );
  const cropped =
    gained.length === 0
      ? c.gradient()!
      : c.emit.slice(
          c.gradient()!,
          gained.map(({ axis }) => axis),
          gained.map(({ start }) => start),
          gained.map(({ axis, after }) => c.outShape(0)[axis]! - after),
        );
  return c.emit.pad(cropped, [...lost.map(([before]) => before), ...lost.map(([, after]) => after)]);
}

const gathered: GradientRule = {
  unsupported: (c) => (c.content(1) === undefined ? 'picks by indices that depend on the data' : undefined),
  backward: (c) => [
    () => {
      const axis = axisOf(c, 0);
      const dims = c.inShape(0);
      const size = dims[axis]!;
      const positions = c.content(1)!.map((index) => (index < 0 ? index + size : index));
      const flat = dims.with(axis, positions.length);
      return gatherBack(c.emit, c.emit.reshape(c.gradient()!, flat), flat, { axis, positions, size });
    },
  ],
};

/** Blocks to depth and back; CRD keeps a channel's block together, DCR the channels. */
const depthToSpace: GradientRule = {
  backward: (c) => [
    () => {
      const blocksize = intAttribute(c.node, 'blocksize', 1);
      if (stringAttribute(c.node, 'mode', 'DCR') === 'DCR') {
        return c.emit.op('SpaceToDepth', [c.gradient()!], { blocksize });
      }
      const [batch, channels, height, width] = c.inShape(0) as readonly [number, number, number, number];
      const parted = [batch, channels / blocksize ** 2, height, blocksize, width, blocksize];
      const blocks = c.emit.transpose(c.emit.reshape(c.gradient()!, parted), [0, 1, 3, 5, 2, 4]);
      return c.emit.reshape(blocks, c.inShape(0));
    },
  ],
};

const spaceToDepth: GradientRule = {
  backward: (c) => [
    () => c.emit.op('DepthToSpace', [c.gradient()!], { blocksize: intAttribute(c.node, 'blocksize', 1) }),
  ],
};

function axisOf(c: NodeFacts, fallback: number): number {
  const axis = intAttribute(c.node, 'axis', fallback);
  return axis < 0 ? axis + c.inShape(0).length : axis;
}

/** Gradients of the movement family. */
export const movementGradients: Readonly<Record<string, GradientRule>> = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transposed,
  Expand: expanded,
  Tile: tiled,
  Concat: concatenated,
  Split: split,
  Slice: sliced,
  Pad: padded,
  Gather: gathered,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
