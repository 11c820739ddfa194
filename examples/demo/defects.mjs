// What goes wrong with a surface: scratches, pits, stains. Each leaves its mark on the brightness or paints over the material.
import { between, drawNoise, PIXELS, SIDE, smooth } from './texture.mjs';

/**
 * What a defect does to a picture.
 *
 * @typedef {object} Mark
 * @property {Float32Array} shade Change of the brightness by pixel, relative.
 * @property {Float32Array} cover How much of a pixel is painted over, 0..1.
 * @property {readonly [red: number, green: number, blue: number]} paint Colour of the paint, each 0..1.
 */

/**
 * Draws the mark of one class.
 *
 * @typedef {(random: import('@espalier/core').Random) => Mark} DrawDefect
 */

/**
 * The classes, in the order of their labels, and what each of them draws.
 *
 * @type {Readonly<Record<'good' | 'scratch' | 'pit' | 'stain', DrawDefect>>}
 */
export const DEFECTS = { good: blank, scratch: drawScratch, pit: drawPits, stain: drawStain };

/** Colours of stains: rust, oil, lime. */
const PAINTS = /** @type {const} */ ([
  [0.45, 0.25, 0.13],
  [0.16, 0.15, 0.14],
  [0.86, 0.85, 0.8],
]);

/** @returns {Mark} */
function blank() {
  return {
    shade: new Float32Array(PIXELS),
    cover: new Float32Array(PIXELS),
    paint: [0, 0, 0],
  };
}

/**
 * One or two slightly bent lines that fade out, bright where metal shines through, else dark.
 *
 * @type {DrawDefect}
 */
function drawScratch(random) {
  const mark = blank();
  const angle = Math.PI * random.next();
  const strokes = random.next() < 0.25 ? 2 : 1;
  for (let stroke = 0; stroke < strokes; stroke++) {
    const tilt = angle + 0.15 * random.normal();
    const length = between(random, 16, 52);
    const width = between(random, 0.5, 1.4);
    const depth = between(random, 0.32, 0.7) * (random.next() < 0.6 ? 1 : -1);
    const bend = between(random, -0.008, 0.008);
    const [x0, y0] = [between(random, 14, SIDE - 14), between(random, 14, SIDE - 14)];
    const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
    for (let at = 0; at < PIXELS; at++) {
      const [x, y] = [(at % SIDE) - x0, ((at / SIDE) | 0) - y0];
      const along = x * cos + y * sin;
      const off = Math.abs(y * cos - x * sin - bend * along * along);
      const fade = smooth((length / 2 - Math.abs(along)) / 6);
      if (fade === 0 || off > width + 1) continue;
      mark.shade[at] += depth * fade * smooth(width + 1 - off);
    }
  }
  return mark;
}

/**
 * One to four round holes, dark inside, with a rim that catches the light on one side.
 *
 * @type {DrawDefect}
 */
function drawPits(random) {
  const mark = blank();
  const count = 1 + random.integer(4);
  const light = 2 * Math.PI * random.next();
  const [cos, sin] = [Math.cos(light), Math.sin(light)];
  for (let pit = 0; pit < count; pit++) {
    const radius = between(random, 1.4, 4.2);
    const depth = between(random, 0.22, 0.65);
    const [x0, y0] = [between(random, 6, SIDE - 6), between(random, 6, SIDE - 6)];
    for (let at = 0; at < PIXELS; at++) {
      const [x, y] = [(at % SIDE) - x0, ((at / SIDE) | 0) - y0];
      const distance = Math.hypot(x, y);
      if (distance > radius + 3) continue;
      const facing = (x * cos + y * sin) / (distance + 0.5);
      const rim = Math.exp(-((distance - radius - 0.7) ** 2)) * facing;
      mark.shade[at] += depth * (0.45 * rim - smooth(radius + 0.5 - distance));
    }
  }
  return mark;
}

/**
 * A blot with a ragged edge that lets some of the material through.
 *
 * @type {DrawDefect}
 */
function drawStain(random) {
  const { shade, cover } = blank();
  const paint = PAINTS[random.integer(PAINTS.length)];
  const radius = between(random, 6, 17);
  const stretch = between(random, 0.65, 1.5);
  const soft = between(random, 2, 7);
  const strength = between(random, 0.38, 0.75);
  const [x0, y0] = [between(random, 12, SIDE - 12), between(random, 12, SIDE - 12)];
  const edge = drawNoise(random, { along: 8, across: 8, angle: 0.3 });
  const depth = drawNoise(random, { along: 5, across: 5, angle: 0.8 });
  for (let at = 0; at < PIXELS; at++) {
    const [x, y] = [((at % SIDE) - x0) / stretch, (((at / SIDE) | 0) - y0) * stretch];
    const inside = radius * (1 + 0.45 * edge[at]) - Math.hypot(x, y);
    cover[at] = strength * smooth(inside / soft) * (0.85 + 0.15 * depth[at]);
  }
  return { shade, cover, paint };
}
