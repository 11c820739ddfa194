// The picture set: numbered pictures of four classes, the same on every machine, in the record format that espalier reads.
import { createRandom } from '@espalier/core';
import { DEFECTS } from './defects.mjs';
import { between, drawNoise, MATERIALS, PIXELS, SIDE } from './texture.mjs';

/** Names by label. */
export const CLASS_NAMES = /** @type {readonly (keyof typeof DEFECTS)[]} */ (Object.keys(DEFECTS));

/** Planes, height and width of a picture. */
export const PICTURE_SHAPE = /** @type {const} */ ([3, SIDE, SIDE]);

/** Bytes of a picture: red, green, blue plane. */
const PICTURE_BYTES = 3 * PIXELS;

/** The two parts: pictures are numbered on from `first`, so that no picture is in both. */
export const SPLITS = /** @type {const} */ ({
  train: { first: 0, count: 6000 },
  test: { first: 1_000_000, count: 1000 },
});

/**
 * A picture with its label.
 *
 * @typedef {object} Picture
 * @property {number} label Index into {@link CLASS_NAMES}.
 * @property {Uint8Array} pixels Red, green and blue plane, row by row.
 */

/**
 * Draws one picture. Four pictures from a multiple of four on hold each class once, in random order.
 *
 * @param {number} number Any integer from 0; the same number gives the same picture.
 * @returns {Picture}
 */
export function drawPicture(number) {
  const label = shuffledClasses(Math.floor(number / 4))[number % 4];
  const random = createRandom(number);
  const material = MATERIALS[random.integer(MATERIALS.length)];
  const surface = material.weave(random);
  const { shade, cover, paint } = DEFECTS[CLASS_NAMES[label]](random);
  const light = drawLight(random);
  const warmth = 0.03 * random.normal();
  const tint = material.tint.map((value, plane) => value * (1 + warmth * (1 - plane)));

  const pixels = new Uint8Array(PICTURE_BYTES);
  for (let at = 0; at < PIXELS; at++) {
    // Noise of the camera, the same in all planes.
    const noise = 0.012 * random.normal();
    const brightness = light[at] * (1 + surface[at] + shade[at]);
    for (let plane = 0; plane < 3; plane++) {
      const colour = tint[plane] + (paint[plane] - tint[plane]) * cover[at];
      pixels[plane * PIXELS + at] = Math.round(255 * Math.min(1, Math.max(0, colour * brightness + noise)));
    }
  }
  return { label, pixels };
}

/**
 * Draws a part of the set.
 *
 * @param {{ readonly first: number, readonly count: number }} split
 * @returns {readonly Picture[]}
 */
export function drawPictures({ first, count }) {
  return Array.from({ length: count }, (_, index) => drawPicture(first + index));
}

/**
 * Packs pictures into the bytes of a record file: for each of them a label byte, then its planes.
 *
 * @param {readonly Picture[]} pictures
 * @returns {Uint8Array}
 */
export function packRecords(pictures) {
  const records = new Uint8Array(pictures.length * (1 + PICTURE_BYTES));
  for (const [index, { label, pixels }] of pictures.entries()) {
    records[index * (1 + PICTURE_BYTES)] = label;
    records.set(pixels, index * (1 + PICTURE_BYTES) + 1);
  }
  return records;
}

/** @param {number} quartet */
function shuffledClasses(quartet) {
  // Far from the numbers of pictures, whose streams must not be used twice.
  const random = createRandom(-1 - quartet);
  const classes = CLASS_NAMES.map((_, label) => ({ label, order: random.next() }));
  return classes.sort((a, b) => a.order - b.order).map(({ label }) => label);
}

/**
 * Uneven light: a slope across the picture and a soft patch.
 *
 * @param {import('@espalier/core').Random} random
 */
function drawLight(random) {
  const level = between(random, 0.8, 1.25);
  const slope = between(random, 0, 0.25) / SIDE;
  const angle = 2 * Math.PI * random.next();
  const [dx, dy] = [slope * Math.cos(angle), slope * Math.sin(angle)];
  const patch = drawNoise(random, { along: 45, across: 45, angle });
  return Float32Array.from({ length: PIXELS }, (_, at) => {
    const [x, y] = [(at % SIDE) - SIDE / 2, ((at / SIDE) | 0) - SIDE / 2];
    return level * (1 + dx * x + dy * y + 0.06 * patch[at]);
  });
}
