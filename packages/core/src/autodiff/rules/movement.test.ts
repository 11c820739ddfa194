import { describe } from 'vitest';
import type { AttributeValues } from '../../graph/attribute-value.ts';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

/** One node with int64 operands behind the input. */
const moved = (
  opType: string,
  dims: readonly number[],
  operands: readonly (readonly number[])[],
  attributes: AttributeValues = {},
  opset = 17,
): GradientCase => ({
  inputs: [dims],
  opset,
  draw: (p, [x]) => p.op(opType, [x!, ...operands.map((values) => p.g.integers(values))], attributes),
});

describe('the order stays', () => {
  describeGradient('Reshape', moved('Reshape', [2, 3, 4], [[0, -1]]));
  describeGradient('Flatten', moved('Flatten', [2, 3, 4], [], { axis: 2 }));
  describeGradient('Squeeze', moved('Squeeze', [2, 1, 3, 1], [[1]]));
  describeGradient('Squeeze of everything', moved('Squeeze', [2, 1, 3, 1], []));
  describeGradient('Squeeze at opset 11', moved('Squeeze', [2, 1, 3, 1], [], { axes: [-1] }, 11));
  describeGradient('Unsqueeze', moved('Unsqueeze', [2, 3], [[0, -1]]));
  describeGradient('Unsqueeze at opset 9', moved('Unsqueeze', [2, 3], [], { axes: [1] }, 9));
});

describe('the order changes', () => {
  describeGradient('Transpose', moved('Transpose', [2, 3, 4], [], { perm: [2, 0, 1] }));
  describeGradient('Transpose by default', moved('Transpose', [2, 3, 4], []));
  describeGradient('DepthToSpace', moved('DepthToSpace', [1, 8, 2, 3], [], { blocksize: 2 }));
  const crd = { blocksize: 2, mode: 'CRD' };
  describeGradient('DepthToSpace CRD', moved('DepthToSpace', [1, 8, 2, 3], [], crd));
  describeGradient('SpaceToDepth', moved('SpaceToDepth', [1, 2, 4, 6], [], { blocksize: 2 }));
});

describe('elements repeat', () => {
  describeGradient('Expand', moved('Expand', [3, 1], [[2, 1, 4]]));
  describeGradient('Tile', moved('Tile', [2, 3], [[3, 2]]));
  describeGradient('Tile once', moved('Tile', [2, 3], [[1, 1]]));
});

describe('Concat and Split', () => {
  describeGradient('Concat', {
    inputs: [
      [2, 3, 2],
      [2, 1, 2],
    ],
    draw: (p, [a, b]) => p.op('Concat', [a!, p.weight(2, 2, 2), b!, a!], { axis: -2 }),
  });
  const parts = (opset: number, used: readonly number[]): GradientCase => ({
    inputs: [[2, 6]],
    opset,
    draw: (p, [x]) => {
      const sizes = [1, 3, 2];
      const inputs = opset < 13 ? [x!] : [x!, p.g.integers(sizes)];
      const outputs = p.g.nodes('Split', inputs, { axis: 1, ...(opset < 13 && { split: sizes }) }, 3);
      return p.op(
        'Concat',
        used.map((i) => p.op('Exp', [outputs[i]!])),
        { axis: 1 },
      );
    },
  });
  describeGradient('Split', parts(17, [2, 0, 1, 0]));
  describeGradient('Split with a part unused', parts(17, [1]));
  describeGradient('Split at opset 11', parts(11, [0, 2]));
});

describe('Slice', () => {
  const slice = (starts: number[], ends: number[], axes: number[], steps: number[]): GradientCase =>
    moved('Slice', [2, 5, 6], [starts, ends, axes, steps]);
  describeGradient('one piece', slice([1], [-1], [1], [1]));
  describeGradient('every second', slice([0, 1], [5, 6], [1, 2], [2, 2]));
  describeGradient('every third, beyond the end', slice([1], [100], [-1], [3]));
  describeGradient('backwards', slice([-1], [-100], [2], [-1]));
  describeGradient('backwards in steps', slice([4, 10], [0, 0], [1, 2], [-2, -3]));
  describeGradient('a single element', slice([3], [4], [1], [2]));
  describeGradient(
    'all axes by default',
    moved(
      'Slice',
      [2, 5, 6],
      [
        [0, 1],
        [1, 3],
      ],
    ),
  );
  const attributes = { starts: [1, 0], ends: [4, 9223372036854775807n], axes: [1, 2] };
  describeGradient('at opset 9', moved('Slice', [2, 5, 6], [], attributes, 9));
});

describe('Pad', () => {
  const pads = [0, 1, 2, 1, 0, 1];
  describeGradient('with a constant', moved('Pad', [2, 3, 4], [pads]));
  describeGradient('crops', moved('Pad', [2, 3, 4], [[0, -1, 2, 0, 0, -1]]));
  for (const mode of ['reflect', 'edge']) {
    describeGradient(mode, moved('Pad', [2, 3, 4], [[0, 1, 2, 1, 0, 3]], { mode }));
  }
  describeGradient('wrap', moved('Pad', [2, 3, 4], [[0, 1, 2, 1, 0, 3]], { mode: 'wrap' }, 19));
  describeGradient('at opset 9', moved('Pad', [2, 3, 4], [], { pads, mode: 'reflect' }, 9));
  describeGradient('of named axes', {
    inputs: [[2, 3, 4]],
    opset: 18,
    draw: (p, [x]) => p.op('Pad', [x!, p.g.integers([1, 2, 0, 1]), '', p.g.integers([-1, 0])]),
  });
});

describe('Gather', () => {
  describeGradient('with repeats', moved('Gather', [2, 5, 3], [[3, 0, 3, -1, 3]], { axis: 1 }));
  describeGradient('a permutation', moved('Gather', [4, 3], [[2, 0, 3, 1]]));
  describeGradient('one row', {
    inputs: [[2, 5, 3]],
    draw: (p, [x]) =>
      p.op('Gather', [x!, p.g.constant({ dims: [], data: BigInt64Array.of(-2n) })], { axis: 1 }),
  });
  describeGradient('a table of indices', {
    inputs: [[2, 5]],
    draw: (p, [x]) =>
      p.op('Gather', [x!, p.g.constant({ dims: [2, 2], data: BigInt64Array.of(1n, 0n, 4n, 1n) })], {
        axis: 1,
      }),
  });
});
