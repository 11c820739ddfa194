// Where a pooling window reads, with every default of the operators spelled out.
import { intAttribute, intsAttribute, stringAttribute } from '../../graph/attributes.ts';
import type { NodeFacts } from '../../ops/operator.ts';

/** A pooling along the spatial axes. */
export interface PoolWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Positions padded before the first, per axis. */
  readonly begins: readonly number[];
  /** Positions padded behind the last as the operator states them, per axis; with `ceil` windows may reach further. */
  readonly ends: readonly number[];
  readonly ceil: boolean;
}

/** The window of a pooling node, from its attributes and shapes; `auto_pad` is worked out. */
export function poolWindow(c: NodeFacts): PoolWindow {
  const { node } = c;
  const kernel = intsAttribute(node, 'kernel_shape') ?? [];
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const ceil = intAttribute(node, 'ceil_mode', 0) === 1;
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (auto === 'NOTSET' || auto === 'VALID') {
    const pads =
      (auto === 'NOTSET' ? intsAttribute(node, 'pads') : undefined) ?? [...ones, ...ones].map(() => 0);
    const rank = kernel.length;
    return { kernel, strides, dilations, begins: pads.slice(0, rank), ends: pads.slice(rank), ceil };
  }
  const totals = kernel.map((k, axis) => {
    const reached = (c.outShape(0)[axis + 2]! - 1) * strides[axis]! + (k - 1) * dilations[axis]! + 1;
    return Math.max(0, reached - c.inShape(0)[axis + 2]!);
  });
  const round = auto === 'SAME_LOWER' ? Math.ceil : Math.floor;
  const begins = totals.map((total) => round(total / 2));
  return { kernel, strides, dilations, begins, ends: totals.map((t, axis) => t - begins[axis]!), ceil };
}
