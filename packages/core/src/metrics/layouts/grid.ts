// The grids that detectors predict on: one cell per stride × stride pixels of the input, a grid per stride.
import type { LayoutFacts } from './layout.ts';

/** A cell by its column and row on a grid, and that grid's stride in pixels. */
export interface GridCell {
  readonly x: number;
  readonly y: number;
  readonly stride: number;
}

/** The grids in use: three scales, or four for models made for large inputs. */
const STRIDES: readonly (readonly number[])[] = [
  [8, 16, 32],
  [8, 16, 32, 64],
];

/** Detectors are not fed less; below it a number of columns would now and then pass for a number of cells. */
const LEAST_SIDE = 128;

/** Cells of all grids in the order of the outputs: by stride, row by row; undefined when no known grids have that many cells. */
export function layGrid(count: number, width: number, height: number): readonly GridCell[] | undefined {
  const strides = STRIDES.find((candidate) => countCells(width, height, candidate) === count);
  return strides?.flatMap((stride) => {
    const columns = Math.ceil(width / stride);
    return Array.from({ length: columns * Math.ceil(height / stride) }, (_, i) => ({
      x: i % columns,
      y: Math.floor(i / columns),
      stride,
    }));
  });
}

/** Says which grids have that many cells, or undefined when none have; without a size every square from 128 pixels on is tried. */
export function describeGrid(count: number, facts: LayoutFacts): string | undefined {
  const { inputWidth, inputHeight } = facts;
  for (const strides of STRIDES) {
    const coarsest = strides.at(-1)!;
    // A square of k coarsest cells has k² times the cells of a single one.
    const side = coarsest * Math.round(Math.sqrt(count / countCells(coarsest, coarsest, strides)));
    const [width, height] = [inputWidth ?? side, inputHeight ?? side];
    const open = inputWidth === undefined || inputHeight === undefined;
    if (open && side < LEAST_SIDE) continue;
    if (countCells(width, height, strides) === count) {
      return `the ${count} cells of strides ${strides.join(', ')} on ${width}x${height} pixels`;
    }
  }
  return undefined;
}

function countCells(width: number, height: number, strides: readonly number[]): number {
  return strides.reduce((sum, s) => sum + Math.ceil(width / s) * Math.ceil(height / s), 0);
}
