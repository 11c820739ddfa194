import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import {
  type ConvolutionMode,
  composeDims,
  composeKernels,
  countProducts,
  gramMatrix,
  type KernelStack,
  kernelSize,
  listOverlaps,
  sumAbsolutePairs,
  sumSquaredPairs,
} from './kernel-pairs.ts';

const random = createRandom(11);
const makeStack = (count: number, dims: readonly number[]): KernelStack => {
  const data = Float64Array.from({ length: count * kernelSize(dims) }, () => random.normal());
  return { dims, count, data };
};
const single = (dims: readonly number[], ...data: number[]): KernelStack => {
  return { dims, count: 1, data: Float64Array.from(data) };
};

describe('listOverlaps', () => {
  it('lists the products of a short convolution', () => {
    expect(listOverlaps([2], [3], 'full').map((t) => [...t])).toEqual([
      [0, 0],
      [0, 1, 1, 0],
      [0, 2, 1, 1],
      [1, 2],
    ]);
    expect(listOverlaps([2], [3], 'same').map((t) => [...t])).toEqual([
      [0, 1, 1, 0],
      [0, 2, 1, 1],
    ]);
    expect(listOverlaps([2], [3], 'valid')).toEqual(listOverlaps([2], [3], 'same'));
  });

  it.each<[ConvolutionMode, number, number]>([
    ['full', 81, 25],
    ['same', 49, 9],
    ['valid', 9, 1],
  ])('3×3 with 3×3, %s: %i products at %i positions', (mode, products, positions) => {
    const overlaps = listOverlaps([3, 3], [3, 3], mode);
    expect(countProducts(overlaps)).toBe(products);
    expect(overlaps.length).toBe(positions);
  });

  it('aligns kernels of different rank at their last axes', () => {
    expect(listOverlaps([3], [2, 2], 'full')).toEqual(listOverlaps([1, 3], [2, 2], 'full'));
    expect(composeDims([3], [2, 2])).toEqual([2, 4]);
  });
});

describe('composeKernels', () => {
  it('multiplies polynomials', () => {
    const product = composeKernels(single([2], 1, 2), single([3], 3, 0, -1));
    expect(product).toEqual(single([4], 3, 6, -1, -2));
  });

  it('is associative and commutative for single kernels', () => {
    const [a, b, c] = [makeStack(1, [3, 2]), makeStack(1, [2, 3]), makeStack(1, [1, 3])];
    const left = composeKernels(composeKernels(a, b), c);
    const right = composeKernels(a, composeKernels(c, b));
    expect(left.dims).toEqual([4, 6]);
    left.data.forEach((x, i) => {
      expect(x).toBeCloseTo(right.data[i]!, 12);
    });
  });
});

describe('sums over pairs', () => {
  const size = fc.integer({ min: 1, max: 4 });
  const dims = fc.oneof(fc.tuple(size), fc.tuple(size, size), fc.constant([3, 3]), fc.constant([2, 1, 3]));
  const mode = fc.constantFrom<ConvolutionMode>('full', 'same', 'valid');

  it('agree with composing every pair, in every rank and mode, across blocks of B', () => {
    fc.assert(
      fc.property(dims, dims, mode, fc.integer({ min: 1, max: 70 }), (da, db, how, count) => {
        const a = makeStack(3, da);
        const b = makeStack(count, db);
        const overlaps = listOverlaps(da, db, how);
        let [absolute, squared] = [0, 0];
        for (let c = 0; c < a.count; c++) {
          for (let n = 0; n < b.count; n++) {
            for (const products of overlaps) {
              let sum = 0;
              for (let e = 0; e < products.length; e += 2) {
                const x = a.data[c * kernelSize(da) + products[e]!]!;
                sum += x * b.data[n * kernelSize(db) + products[e + 1]!]!;
              }
              absolute += Math.abs(sum);
              squared += sum * sum;
            }
          }
        }
        expect(Math.abs(sumAbsolutePairs(a, b, overlaps) - absolute)).toBeLessThan(1e-10 * (absolute + 1));
        const fast = sumSquaredPairs(gramMatrix(a), gramMatrix(b), overlaps);
        expect(Math.abs(fast - squared)).toBeLessThan(1e-10 * (squared + 1));
      }),
    );
  });

  it('3×3 written out equals the same kernels with a third axis, which take the general way', () => {
    const deepen = (stack: KernelStack): KernelStack => ({
      dims: [1, 3, 3],
      count: stack.count,
      data: stack.data,
    });
    const [a, b] = [makeStack(5, [3, 3]), makeStack(66, [3, 3])];
    const written = sumAbsolutePairs(a, b, listOverlaps(a.dims, b.dims, 'full'));
    const general = sumAbsolutePairs(deepen(a), deepen(b), listOverlaps([1, 3, 3], [1, 3, 3], 'full'));
    expect(Math.abs(written - general)).toBeLessThan(1e-10 * general);
  });

  it('Gram matrices reproduce the autocorrelation form of the paper in full mode', () => {
    const [a, b] = [makeStack(4, [3, 3]), makeStack(5, [3, 3])];
    const autocorrelate = (stack: KernelStack, dy: number, dx: number): number => {
      let sum = 0;
      for (let c = 0; c < stack.count; c++) {
        for (let y = 0; y < 3; y++) {
          for (let x = 0; x < 3; x++) {
            const inside = y + dy >= 0 && y + dy < 3 && x + dx >= 0 && x + dx < 3;
            const at = (i: number, j: number) => stack.data[c * 9 + i * 3 + j]!;
            if (inside) sum += at(y, x) * at(y + dy, x + dx);
          }
        }
      }
      return sum;
    };
    let expected = 0;
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) expected += autocorrelate(a, dy, dx) * autocorrelate(b, dy, dx);
    }
    const fast = sumSquaredPairs(gramMatrix(a), gramMatrix(b), listOverlaps([3, 3], [3, 3], 'full'));
    expect(fast).toBeCloseTo(expected, 8);
  });
});
