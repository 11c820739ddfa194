// Matrix products with a constant matrix as linear layers: Gemm, and MatMul with the matrix on either side.
import { floatAttribute, intAttribute } from '../../graph/attributes.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeFacts } from '../operator.ts';
import type { LinearLayer } from './linear-layer.ts';

const WHOLE = { groups: 1, windows: [], scale: 1, biasScale: 1 } as const;

/** Gemm with a constant second factor and no bias or a constant one per column. */
export function gemmLayer({ node, kind, inShape }: NodeFacts): LinearLayer | undefined {
  if (kind(1) !== 'constant' || kind(0) !== 'activation') return undefined;
  const transposed = intAttribute(node, 'transB', 0) !== 0;
  const [rows, columns] = inShape(1) as [number, number];
  const [inputs, outputs] = transposed ? [columns, rows] : [rows, columns];
  const scale = floatAttribute(node, 'alpha', 1);
  const biasScale = floatAttribute(node, 'beta', 1);
  const perColumn = kind(2) === 'absent' || (kind(2) === 'constant' && isRow(inShape(2), outputs));
  if (!perColumn || scale === 0 || biasScale === 0) return undefined;
  return {
    ...{ ...WHOLE, data: 0, weight: 1, bias: 2, outAxis: 1, inputs, outputs, scale, biasScale },
    inAxis: intAttribute(node, 'transA', 0) === 0 ? 1 : 0,
    strides: {
      ...{ group: 0, tap: 0 },
      ...(transposed ? { channel: 1, out: inputs } : { channel: outputs, out: 1 }),
    },
  };
}

/** MatMul with one constant matrix; it has no place for a bias. */
export function matMulLayer({ kind, inShape, outShape }: NodeFacts): LinearLayer | undefined {
  const [a, b] = [inShape(0), inShape(1)];
  const rank = outShape(0).length;
  if (a.length < 2 || b.length < 2) return undefined;
  if (kind(1) === 'constant' && kind(0) === 'activation' && elementCount(b.slice(0, -2)) === 1) {
    const [inputs, outputs] = b.slice(-2) as [number, number];
    if (a.length !== rank) return undefined;
    return {
      ...{ ...WHOLE, data: 0, weight: 1, bias: undefined, inputs, outputs },
      ...{ inAxis: rank - 1, outAxis: rank - 1 },
      strides: { group: 0, tap: 0, channel: outputs, out: 1 },
    };
  }
  if (kind(0) === 'constant' && kind(1) === 'activation' && elementCount(a.slice(0, -2)) === 1) {
    const [outputs, inputs] = a.slice(-2) as [number, number];
    if (b.length !== rank) return undefined;
    return {
      ...{ ...WHOLE, data: 1, weight: 0, bias: undefined, inputs, outputs },
      ...{ inAxis: rank - 2, outAxis: rank - 2 },
      strides: { group: 0, tap: 0, channel: 1, out: inputs },
    };
  }
  return undefined;
}

/** One number per column, and no more. */
function isRow(dims: readonly number[], columns: number): boolean {
  return elementCount(dims) === columns && (dims.at(-1) ?? 1) === columns;
}
