// The fixed filters of the first layer: lines, spots and patches of colour.

/** Weights of red, green and blue: brightness, red against blue, green against the rest. */
const COLOURS = [
  [0.4, 0.4, 0.4],
  [0.6, 0, -0.6],
  [-0.35, 0.7, -0.35],
];

/** Directions of lines, spread over half a turn. */
const DIRECTIONS = 8;

/**
 * Makes 44 filters of L2 norm 1: lines (Gabor filters) in eight directions and two widths and spots of three sizes, all of them bright
 * on dark and dark on bright, and smooth patches of three colours in both signs.
 *
 * @param {number} side Pixels of a filter's side, odd.
 * @returns {readonly Float32Array[]} Red, green and blue plane each.
 */
export function makeStemFilters(side) {
  /** @type {Float32Array[]} */
  const filters = [];
  /** @param {readonly number[]} taps @param {readonly number[]} colour */
  const addBoth = (taps, colour) => {
    for (const sign of [1, -1])
      filters.push(toUnit(colour.flatMap((weight) => taps.map((tap) => sign * weight * tap))));
  };
  const [brightness] = COLOURS;
  for (const width of [1, 1.8]) {
    for (let turn = 0; turn < DIRECTIONS; turn++) {
      addBoth(balance(sampleLine(side, width, (Math.PI * turn) / DIRECTIONS)), brightness);
    }
  }
  for (const radius of [0.8, 1.3, 2]) addBoth(balance(sampleSpot(side, radius)), brightness);
  for (const colour of COLOURS) addBoth(samplePatch(side), colour);
  return filters;
}

/** @param {number} side @param {number} width @param {number} angle */
function sampleLine(side, width, angle) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return sample(side, (x, y) => {
    const across = x * sin - y * cos;
    const along = x * cos + y * sin;
    const wave = Math.cos((Math.PI * across) / (1.6 * width));
    return wave * Math.exp(-((across / width) ** 2) / 3 - along ** 2 / 9);
  });
}

/** @param {number} side @param {number} radius */
function sampleSpot(side, radius) {
  return sample(side, (x, y) => {
    const t = (x * x + y * y) / (2 * radius * radius);
    return (1 - t) * Math.exp(-t);
  });
}

/** @param {number} side */
function samplePatch(side) {
  return sample(side, (x, y) => Math.exp(-(x * x + y * y) / 8));
}

/** @param {number} side @param {(x: number, y: number) => number} wave */
function sample(side, wave) {
  const half = (side - 1) / 2;
  return Array.from({ length: side * side }, (_, at) =>
    wave((at % side) - half, Math.floor(at / side) - half),
  );
}

/**
 * Takes the mean out, so that even surfaces give 0.
 *
 * @param {readonly number[]} taps
 */
function balance(taps) {
  const mean = taps.reduce((sum, tap) => sum + tap, 0) / taps.length;
  return taps.map((tap) => tap - mean);
}

/** @param {readonly number[]} values */
function toUnit(values) {
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / norm);
}
