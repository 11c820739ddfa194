// The filters of all layers but the first: each detects a kind of mark, found by ridge regression from the values the layer reads.
import { KIND_COUNT, SURFACE_KIND } from './dataset.mjs';
import { fitSparseRidge } from './ridge.mjs';
import { SIDE } from './texture.mjs';

/** Positions looked at in each calibration picture. */
const POSITIONS = 32;

/** Weight of the other kinds in a detector, beside 1 for its own: what makes two detectors of one kind differ. */
const MIXTURE = 0.1;

/** Fraction of the channels that each layer relies on: there are more of them than the task needs. */
export const KEPT_SHARE = 0.42;

/**
 * Fits a linear detector of each kind of mark to the calibration pictures, and makes filters of them: filter i detects kind i modulo
 * their number, mixed with a little of all others. There are more filters than kinds, and each relies on a part of the channels only.
 *
 * @param {import('@espalier/core').NdArray} array What the layer reads: [pictures, channels, height, width].
 * @param {readonly Uint8Array[]} kinds By calibration picture, one number per pixel.
 * @param {{ readonly count: number, readonly side: number }} size Number of filters, and pixels of their side.
 * @param {import('@espalier/core').Random} random
 * @returns {readonly Float32Array[]} A kernel of `side` × `side` per channel each.
 */
export function fitDetectors(array, kinds, { count, side }, random) {
  const [, channels, height] = array.dims;
  const width = channels * side * side;
  const features = new Float32Array(kinds.length * POSITIONS * width);
  const labels = new Uint8Array(kinds.length * POSITIONS);
  for (const [picture, map] of kinds.entries()) {
    const cells = shrinkKinds(map, SIDE / height);
    for (const [step, at] of choosePositions(cells, random).entries()) {
      const row = picture * POSITIONS + step;
      labels[row] = cells[at];
      copyWindow(array, picture, at, side, features, row * width);
    }
  }
  const { weights } = fitSparseRidge(features, labels, {
    width,
    classCount: KIND_COUNT,
    groupSize: side * side,
    strength: 0.2,
    kept: KEPT_SHARE,
  });
  return Array.from({ length: count }, (_, index) => {
    const filter = new Float32Array(width);
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      const share = MIXTURE * random.normal() + (kind === index % KIND_COUNT ? 1 : 0);
      for (let i = 0; i < width; i++) filter[i] += share * weights[kind * width + i];
    }
    return filter;
  });
}

/**
 * The kind of each cell of `step` × `step` pixels: the commonest mark in it, where a mark crosses it, else the surface.
 *
 * @param {Uint8Array} kinds
 * @param {number} step
 */
function shrinkKinds(kinds, step) {
  const side = SIDE / step;
  return Uint8Array.from({ length: side * side }, (_, cell) => {
    const counts = new Uint16Array(KIND_COUNT);
    const corner = Math.floor(cell / side) * step * SIDE + (cell % side) * step;
    for (let y = 0; y < step; y++) for (let x = 0; x < step; x++) counts[kinds[corner + y * SIDE + x]]++;
    const marks = counts.subarray(0, SURFACE_KIND);
    const most = Math.max(...marks);
    const surface = SURFACE_KIND + counts.subarray(SURFACE_KIND).findIndex((pixels) => pixels > 0);
    // A thin line across a cell covers about `step` of its pixels.
    return most >= step || surface < SURFACE_KIND ? marks.indexOf(most) : surface;
  });
}

/**
 * Every other position on a mark, where there is one: marks are rare.
 *
 * @param {Uint8Array} cells
 * @param {import('@espalier/core').Random} random
 */
function choosePositions(cells, random) {
  const [marked, sound] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  for (const [at, kind] of cells.entries()) (kind < SURFACE_KIND ? marked : sound).push(at);
  return Array.from({ length: POSITIONS }, (_, step) => {
    const isMarked = marked.length > 0 && (step % 2 === 0 || sound.length === 0);
    const among = isMarked ? marked : sound;
    return among[random.integer(among.length)];
  });
}

/**
 * Copies what a filter sees at one position, 0 beyond the border.
 *
 * @param {import('@espalier/core').NdArray} array
 * @param {number} picture
 * @param {number} at
 * @param {number} side
 * @param {Float32Array} out
 * @param {number} offset
 */
function copyWindow({ dims, data }, picture, at, side, out, offset) {
  const [, channels, height, width] = dims;
  const [left, top] = [(at % width) - (side - 1) / 2, Math.floor(at / width) - (side - 1) / 2];
  let to = offset;
  for (let channel = 0; channel < channels; channel++) {
    const plane = (picture * channels + channel) * height * width;
    for (let y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++, to++) {
        const isInside = y >= 0 && y < height && x >= 0 && x < width;
        out[to] = isInside ? Number(data[plane + y * width + x]) : 0;
      }
    }
  }
}
