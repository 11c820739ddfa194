// Operators that read a shape and no data, and operators whose output is never constant.
import { intAttribute } from '../graph/attributes.ts';
import type { Operator } from './operator.ts';

/** Shape, with the `start` and `end` attributes of opset 15. */
const shape: Operator = {
  couple: () => [[]],
  readsShape: ({ node, shape: dims }) => {
    const clamp = (axis: number): number =>
      Math.min(Math.max(axis < 0 ? axis + dims.length : axis, 0), dims.length);
    return dims.slice(clamp(intAttribute(node, 'start', 0)), clamp(intAttribute(node, 'end', dims.length)));
  },
};

const size: Operator = {
  couple: () => [[]],
  readsShape: ({ shape: dims }) => [dims.reduce((a, b) => a * b, 1)],
};

const random: Operator = { random: true };

/** Records of the shape readers and the random generators. */
export const shapeReaders: Readonly<Record<string, Operator>> = {
  Shape: shape,
  Size: size,
  RandomNormal: random,
  RandomNormalLike: random,
  RandomUniform: random,
  RandomUniformLike: random,
  Multinomial: random,
  Bernoulli: random,
};
