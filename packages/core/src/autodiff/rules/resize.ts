// Gradients of Resize and Upsample. Resampling is a matrix product along every resized axis; the matrix is what the operator itself
// makes of unit impulses, exact for every mode and rounding. Whole-number repeats are summed in blocks instead.
import { type AttributeValue, type AttributeValues, float, floats } from '../../graph/attribute-value.ts';
import {
  findAttribute,
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from '../../graph/attributes.ts';
import type { Node } from '../../onnx/model.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { GradientContext, GradientRule } from '../gradient-rule.ts';

/** Coordinate modes that repeat every element when the scale is a whole number, by the rounding they need. */
const REPEATS: Readonly<Record<string, readonly string[]>> = {
  asymmetric: ['floor'],
  half_pixel: ['round_prefer_floor', 'round_prefer_ceil'],
  half_pixel_symmetric: ['round_prefer_floor', 'round_prefer_ceil'],
  pytorch_half_pixel: ['round_prefer_floor', 'round_prefer_ceil'],
};

const MODES = [
  'mode',
  'coordinate_transformation_mode',
  'nearest_mode',
  'cubic_coeff_a',
  'exclude_outside',
  'antialias',
];

const coordinates = (c: NodeFacts): string =>
  stringAttribute(c.node, 'coordinate_transformation_mode', c.opset < 11 ? 'asymmetric' : 'half_pixel');

/** Scales per axis as the node states them; sizes where it states those. */
function statedScales(c: NodeFacts): readonly number[] | undefined {
  const attribute = findAttribute(c.node, 'scales')?.floats;
  if (attribute) return Array.from(attribute);
  const scales = c.content(c.opset < 11 ? 1 : 2);
  if (scales === undefined || scales.length === 0) return undefined;
  return perAxis(c, scales, 1);
}

/** Values for the axes the node names, `other` for the rest. */
function perAxis(c: NodeFacts, values: readonly number[], other: number): readonly number[] {
  const rank = c.inShape(0).length;
  const axes = intsAttribute(c.node, 'axes');
  if (!axes) return values;
  const places = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  return c.inShape(0).map((_, axis) => values[places.indexOf(axis)] ?? other);
}

function isRepeat(c: NodeFacts): boolean {
  const ratios = c.outShape(0).map((size, axis) => size / c.inShape(0)[axis]!);
  const whole = ratios.every((ratio, axis) => Number.isInteger(ratio) && (axis > 1 || ratio === 1));
  const scales = statedScales(c) ?? ratios;
  const rounding = stringAttribute(c.node, 'nearest_mode', c.opset < 11 ? 'floor' : 'round_prefer_floor');
  return (
    whole &&
    ratios.every((ratio, axis) => ratio === scales[axis]) &&
    stringAttribute(c.node, 'mode', 'nearest') === 'nearest' &&
    (REPEATS[coordinates(c)] ?? []).includes(rounding)
  );
}

function backward(c: GradientContext): string {
  const [dims, outDims] = [c.inShape(0), c.outShape(0)];
  if (isRepeat(c)) {
    const kernel = dims.slice(2).map((size, axis) => outDims[axis + 2]! / size);
    const means = c.emit.op('AveragePool', [c.gradient()!], { kernel_shape: kernel, strides: kernel });
    return c.emit.scale(means, elementCount(kernel));
  }
  let current = outDims;
  return dims.reduce((gradient, size, axis) => {
    if (isKept(c, axis)) return gradient;
    const result = multiplyAlong(c, gradient, current, axis);
    current = current.with(axis, size);
    return result;
  }, c.gradient()!);
}

/** Whether an axis stays as it is; a scale that rounds to the same size still moves its elements. */
const isKept = (c: NodeFacts, axis: number): boolean =>
  c.inShape(0)[axis] === c.outShape(0)[axis] && (statedScales(c)?.[axis] ?? 1) === 1;

/** The gradient times the matrix [in, out] of an axis. */
function multiplyAlong(c: GradientContext, gradient: string, dims: readonly number[], axis: number): string {
  const { emit } = c;
  const before = elementCount(dims.slice(0, axis));
  const after = elementCount(dims.slice(axis + 1));
  const size = c.inShape(0)[axis]!;
  const matrix = impulseResponses(c, axis);
  const out = dims.with(axis, size);
  if (after === 1) {
    const rows = emit.reshape(gradient, [before, dims[axis]!]);
    return emit.reshape(emit.gemm(rows, matrix, { transB: true }), out);
  }
  return emit.reshape(emit.matmul(matrix, emit.reshape(gradient, [before, dims[axis]!, after])), out);
}

/** Row i: what the operator makes of a 1 at position i of the axis. Constant, so that the runtime works it out once. */
function impulseResponses(c: GradientContext, axis: number): string {
  const { emit } = c;
  const [size, outSize] = [c.inShape(0)[axis]!, c.outShape(0)[axis]!];
  const eye = Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
  const impulses = emit.constant({ type: 'float32', dims: [size, 1, 1, size], data: eye });
  const scales = [1, 1, 1, statedScales(c)?.[axis] ?? outSize / size];
  const attributes = modesOf(c);
  const factors = (): string =>
    emit.constant({ type: 'float32', dims: [4], data: Float32Array.from(scales) });
  const response = (): string => {
    if (c.opset < 9) return emit.op('Upsample', [impulses], { ...attributes, scales: floats(scales) });
    if (c.opset === 9) return emit.op('Upsample', [impulses, factors()], attributes);
    if (c.opset === 10) return emit.op('Resize', [impulses, factors()], attributes);
    const absent =
      c.opset < 13 ? emit.constant({ type: 'float32', dims: [0], data: new Float32Array() }) : '';
    return statedScales(c)
      ? emit.op('Resize', [impulses, absent, factors()], attributes)
      : emit.op('Resize', [impulses, absent, absent, emit.integers([size, 1, 1, outSize])], attributes);
  };
  return emit.reshape(response(), [size, outSize]);
}

/** The attributes that say how is interpolated. */
function modesOf({ node }: NodeFacts): AttributeValues {
  const stated = MODES.filter((name) => findAttribute(node, name) !== undefined);
  return Object.fromEntries(stated.map((name) => [name, attributeValue(node, name)]));
}

function attributeValue(node: Node, name: string): AttributeValue {
  const type = findAttribute(node, name)?.type;
  if (type === 'string') return stringAttribute(node, name, '');
  return type === 'float' ? float(floatAttribute(node, name, 0)) : intAttribute(node, name, 0);
}

function unsupported(c: NodeFacts): string | undefined {
  if (coordinates(c) === 'tf_crop_and_resize') return 'crops as it resizes';
  const policy = stringAttribute(c.node, 'keep_aspect_ratio_policy', 'stretch');
  return policy === 'stretch' ? undefined : `keeps the aspect ratio (${policy})`;
}

const resize: GradientRule = { unsupported, backward: (c) => [() => backward(c)] };

/** Gradients of the resampling operators. */
export const resizeGradients: Readonly<Record<string, GradientRule>> = { Resize: resize, Upsample: resize };
