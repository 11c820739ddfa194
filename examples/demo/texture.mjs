// Surfaces of an inspection line as brightness fields: brushed metal, cast iron, woven cloth. Everything is seeded noise.

/** Side of every picture, pixels. */
export const SIDE = 64;

/** Pixels of a picture. */
export const PIXELS = SIDE * SIDE;

const LATTICE = 64;

/**
 * How noise lies on the picture: cells of `along` × `across` pixels, turned by `angle`.
 *
 * @typedef {object} Grain
 * @property {number} along Pixels per cell in the direction of the angle.
 * @property {number} across Pixels per cell at right angles to it.
 * @property {number} angle Radians.
 */

/**
 * A material: what it looks like before light falls on it.
 *
 * @typedef {object} Material
 * @property {string} name
 * @property {readonly [red: number, green: number, blue: number]} tint Colour at brightness 1, each 0..1.
 * @property {(random: import('@espalier/core').Random) => Float32Array} weave Draws relative brightness, around 0, row by row.
 */

/** @type {readonly Material[]} */
export const MATERIALS = [
  { name: 'brushed', tint: [0.6, 0.64, 0.69], weave: drawBrushed },
  { name: 'cast', tint: [0.5, 0.46, 0.43], weave: drawCast },
  { name: 'woven', tint: [0.66, 0.6, 0.49], weave: drawWoven },
];

/**
 * Draws value noise: random numbers in -1..1 on a lattice, smoothly joined.
 *
 * @param {import('@espalier/core').Random} random
 * @param {Grain} grain
 * @returns {Float32Array} One number per pixel.
 */
export function drawNoise(random, { along, across, angle }) {
  const lattice = Float32Array.from({ length: LATTICE * LATTICE }, () => 2 * random.next() - 1);
  const field = new Float32Array(PIXELS);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let y = 0, at = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, at++) {
      // The offset keeps both coordinates positive, where truncation is the floor.
      const u = (x * cos + y * sin) / along + 4 * LATTICE;
      const v = (y * cos - x * sin) / across + 4 * LATTICE;
      const [column, row] = [u | 0, v | 0];
      const [right, down] = [smooth(u - column), smooth(v - row)];
      const [left0, right0] = [column & (LATTICE - 1), (column + 1) & (LATTICE - 1)];
      const [top, bottom] = [(row & (LATTICE - 1)) * LATTICE, ((row + 1) & (LATTICE - 1)) * LATTICE];
      const above = mix(lattice[top + left0], lattice[top + right0], right);
      const below = mix(lattice[bottom + left0], lattice[bottom + right0], right);
      field[at] = mix(above, below, down);
    }
  }
  return field;
}

/** @param {import('@espalier/core').Random} random */
function drawBrushed(random) {
  const angle = Math.PI * random.next();
  const strength = between(random, 0.08, 0.18);
  return layer([
    [strength, drawNoise(random, { along: between(random, 18, 60), across: 0.9, angle })],
    [strength / 2, drawNoise(random, { along: 40, across: between(random, 2, 4), angle })],
    [0.06, drawNoise(random, { along: 24, across: 24, angle: 0 })],
  ]);
}

/** @param {import('@espalier/core').Random} random */
function drawCast(random) {
  const strength = between(random, 0.08, 0.2);
  return layer([
    [strength, drawNoise(random, { along: 1.6, across: 1.6, angle: 0.5 })],
    [strength, drawNoise(random, { along: 4, across: 4, angle: 1.1 })],
    [strength / 2, drawNoise(random, { along: 11, across: 11, angle: 0.2 })],
  ]);
}

/**
 * Threads that pass over and under each other, each with its own thickness of dye.
 *
 * @param {import('@espalier/core').Random} random
 */
function drawWoven(random) {
  const period = between(random, 3.5, 7);
  const angle = between(random, -0.5, 0.5);
  const depth = between(random, 0.15, 0.35);
  const warp = drawNoise(random, { along: 30, across: period, angle });
  const weft = drawNoise(random, { along: period, across: 30, angle });
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return Float32Array.from({ length: PIXELS }, (_, at) => {
    const [x, y] = [at % SIDE, (at / SIDE) | 0];
    const u = (x * cos + y * sin) / period;
    const v = (y * cos - x * sin) / period;
    const isWarp = (Math.floor(u) + Math.floor(v)) % 2 === 0;
    const round = Math.abs(Math.sin(Math.PI * (isWarp ? v : u)));
    return depth * (round - 0.64) + 0.1 * (isWarp ? warp[at] : weft[at]);
  });
}

/** @param {readonly (readonly [weight: number, field: Float32Array])[]} layers */
function layer(layers) {
  const sum = new Float32Array(PIXELS);
  for (const [weight, field] of layers) for (let at = 0; at < PIXELS; at++) sum[at] += weight * field[at];
  return sum;
}

/**
 * A uniform number in [low, high).
 *
 * @param {import('@espalier/core').Random} random
 * @param {number} low
 * @param {number} high
 */
export function between(random, low, high) {
  return low + (high - low) * random.next();
}

/**
 * 0 below 0, 1 above 1, an S-curve between.
 *
 * @param {number} t
 */
export function smooth(t) {
  if (t <= 0) return 0;
  return t >= 1 ? 1 : t * t * (3 - 2 * t);
}

/** @param {number} a @param {number} b @param {number} t */
function mix(a, b, t) {
  return a + (b - a) * t;
}
