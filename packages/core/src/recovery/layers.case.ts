// One small model per kind of linear layer: x → layer `fit` → output, for tests of what a layer is and how it is fitted.
import { type AttributeValues, float } from '../graph/attribute-value.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { drawWeights } from '../plan/analysed-net.case.ts';

/** A layer by its operator, its input, its constants and its attributes. */
export interface LayerCase {
  readonly name: string;
  readonly op: string;
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly bias?: readonly number[];
  readonly attributes?: AttributeValues;
  /** The constant comes first: MatMul(W, x). */
  readonly left?: boolean;
}

const conv = (name: string, attributes: AttributeValues, extra: Partial<LayerCase> = {}): LayerCase => ({
  ...{ name, op: 'Conv', x: [2, 4, 9, 9], weight: [6, 4, 3, 3], bias: [6], attributes },
  ...extra,
});

/** Every kind. */
export const layerCases: readonly LayerCase[] = [
  conv('3x3 with padding', { pads: [1, 1, 1, 1] }),
  conv('without padding or bias', {}, { bias: [] }),
  conv('strided, padded unevenly', { strides: [2, 2], pads: [0, 1, 1, 0] }),
  conv('dilated', { dilations: [2, 2], pads: [2, 2, 2, 2] }),
  conv('padded automatically', { auto_pad: 'SAME_UPPER', strides: [2, 2] }, { weight: [6, 4, 2, 2] }),
  conv('padded automatically at the front', { auto_pad: 'SAME_LOWER' }, { weight: [6, 4, 2, 2] }),
  conv('not padded automatically', { auto_pad: 'VALID' }),
  conv('oblong', { pads: [0, 1, 0, 1], strides: [1, 2] }, { weight: [6, 4, 1, 3] }),
  conv('grouped', { group: 2, pads: [1, 1, 1, 1] }, { weight: [6, 2, 3, 3] }),
  conv('depthwise', { group: 4, pads: [1, 1, 1, 1] }, { weight: [4, 1, 3, 3], bias: [4] }),
  conv('depthwise, two outputs each', { group: 4 }, { weight: [8, 1, 3, 3], bias: [8] }),
  conv('in one dim', { pads: [1, 1] }, { x: [2, 4, 20], weight: [6, 4, 3] }),
  conv(
    'in three dims',
    { pads: [1, 0, 0, 1, 0, 0] },
    { x: [1, 2, 4, 5, 5], weight: [3, 2, 3, 1, 2], bias: [3] },
  ),
  { name: 'transposed', op: 'ConvTranspose', x: [2, 4, 5, 5], weight: [4, 3, 3, 3], bias: [3] },
  {
    ...{ name: 'transposed, strided', op: 'ConvTranspose', x: [2, 4, 5, 5], weight: [4, 3, 3, 3], bias: [3] },
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  },
  {
    ...{ name: 'transposed, in groups', op: 'ConvTranspose', x: [2, 4, 5, 5], weight: [4, 3, 2, 2] },
    attributes: { strides: [2, 2], group: 2, dilations: [2, 2] },
  },
  {
    ...{ name: 'transposed to a size', op: 'ConvTranspose', x: [1, 4, 5, 5], weight: [4, 3, 3, 3] },
    attributes: { strides: [2, 2], output_shape: [10, 10] },
  },
  { name: 'matrix with bias', op: 'Gemm', x: [64, 7], weight: [7, 5], bias: [5] },
  {
    ...{ name: 'scaled, both transposed', op: 'Gemm', x: [7, 64], weight: [5, 7], bias: [1, 5] },
    attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) },
  },
  { name: 'matrix over tokens', op: 'MatMul', x: [2, 20, 7], weight: [7, 5] },
  { name: 'matrix on the left', op: 'MatMul', x: [2, 7, 20], weight: [5, 7], left: true },
];

/** The model of a case. */
export function layerModel({ op, x, weight, bias = [], attributes = {}, left = false }: LayerCase) {
  const draw = drawWeights(7);
  const g = new GraphBuilder();
  const [input, w] = [g.input('x', x), g.constant(draw(...weight), 'w')];
  const constants = bias.length > 0 ? [g.constant(draw(...bias), 'b')] : [];
  const inputs = left ? [w, input] : [input, w, ...constants];
  g.output(g.node(op, inputs, attributes, 'fit'));
  return g.model();
}
