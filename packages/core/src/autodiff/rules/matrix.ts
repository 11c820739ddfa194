// Gradients of matrix products.
import { floatAttribute, intAttribute } from '../../graph/attributes.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { GradientContext, GradientRule } from '../gradient-rule.ts';

type Thunks = ReturnType<GradientRule['backward']>;

/** Y = alpha·A′·B′ + beta·C, where a dash is a transposition or none. */
function gemmBackward(c: GradientContext): Thunks {
  const { emit, node } = c;
  const dy = c.gradient()!;
  const [transA, transB] = [intAttribute(node, 'transA', 0) === 1, intAttribute(node, 'transB', 0) === 1];
  const alpha = floatAttribute(node, 'alpha', 1);
  return [
    () =>
      transA
        ? emit.gemm(c.input(1), dy, { transA: transB, transB: true, alpha })
        : emit.gemm(dy, c.input(1), { transB: !transB, alpha }),
    () =>
      transB
        ? emit.gemm(dy, c.input(0), { transA: true, transB: transA, alpha })
        : emit.gemm(c.input(0), dy, { transA: !transA, alpha }),
    () => emit.scale(emit.sumTo(dy, c.outShape(0), c.inShape(2)), floatAttribute(node, 'beta', 1)),
  ];
}

/** dA = dY·Bᵀ, dB = Aᵀ·dY, summed over broadcast batch axes; a vector is a matrix of one row or column. */
function matmulBackward(c: GradientContext): Thunks {
  const { emit } = c;
  const [dimsA, dimsB] = [c.inShape(0), c.inShape(1)];
  const a = dimsA.length === 1 ? [1, ...dimsA] : dimsA;
  const b = dimsB.length === 1 ? [...dimsB, 1] : dimsB;
  const [rows, inner, columns] = [a.at(-2)!, a.at(-1)!, b.at(-1)!];
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
  const as = (name: string, from: readonly number[], to: readonly number[]): string =>
    from.length === to.length ? name : emit.reshape(name, to);
  const dy = (): string => as(c.gradient()!, c.outShape(0), [...batch, rows, columns]);
  const rank = batch.length + 2;
  return [
    () => {
      const full = emit.matmul(dy(), as(c.input(1), dimsB, b), { transB: true, rank, rankB: b.length });
      return as(emit.sumTo(full, [...batch, rows, inner], a), a, dimsA);
    },
    () => {
      // One matrix for a whole batch: one product over all rows instead of a product per batch and a sum.
      if (b.length === 2) {
        const count = elementCount(batch) * rows;
        const [left, right] = [
          emit.reshape(c.input(0), [count, inner]),
          emit.reshape(c.gradient()!, [count, columns]),
        ];
        return as(emit.gemm(left, right, { transA: true }), b, dimsB);
      }
      const full = emit.matmul(as(c.input(0), dimsA, a), dy(), { transA: true, rank: a.length, rankB: rank });
      return emit.sumTo(full, [...batch, inner, columns], b);
    },
  ];
}

function broadcast(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly number[], axis: number): number => dims[axis - (rank - dims.length)] ?? 1;
  return Array.from({ length: rank }, (_, axis) => (at(a, axis) === 1 ? at(b, axis) : at(a, axis)));
}

/** Gradients of the matrix products. */
export const matrixGradients: Readonly<Record<string, GradientRule>> = {
  Gemm: { backward: gemmBackward, parameters: { 1: 'decay', 2: 'no-decay' } },
  MatMul: { backward: matmulBackward, parameters: { 0: 'decay', 1: 'decay' } },
};
