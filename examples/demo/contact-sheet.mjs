// Draws docs/assets/demo-defects.png: a row of test pictures for each class, with its name. `node examples/demo/contact-sheet.mjs`
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { CLASS_NAMES, drawPicture, SPLITS } from './dataset.mjs';
import { PIXELS, SIDE } from './texture.mjs';

const COLUMNS = 10;
const GAP = 4;
const NAME_WIDTH = 72;

const width = NAME_WIDTH + COLUMNS * (SIDE + GAP);
const height = GAP + CLASS_NAMES.length * (SIDE + GAP);
const target = fileURLToPath(new URL('../../docs/assets/demo-defects.png', import.meta.url));

/** @type {import('sharp').OverlayOptions[]} */
const tiles = [{ input: Buffer.from(writeNames()), left: 0, top: 0 }];
for (const [row, pictures] of collectPictures().entries()) {
  for (const [column, pixels] of pictures.entries()) {
    tiles.push({
      input: interleave(pixels),
      raw: { width: SIDE, height: SIDE, channels: 3 },
      left: NAME_WIDTH + column * (SIDE + GAP),
      top: GAP + row * (SIDE + GAP),
    });
  }
}
await mkdir(new URL('.', `file://${target}`), { recursive: true });
const { size } = await sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
  .composite(tiles)
  .png({ palette: true, colours: 200, effort: 10 })
  .toFile(target);
console.log(`${target}: ${width}x${height}, ${Math.round(size / 1000)} kB`);

/** The first test pictures of each class. */
function collectPictures() {
  /** @type {Uint8Array[][]} */
  const rows = CLASS_NAMES.map(() => []);
  for (let number = SPLITS.test.first; rows.some((row) => row.length < COLUMNS); number++) {
    const { label, pixels } = drawPicture(number);
    if (rows[label].length < COLUMNS) rows[label].push(pixels);
  }
  return rows;
}

/** @param {Uint8Array} planes */
function interleave(planes) {
  return Buffer.from(
    Uint8Array.from({ length: 3 * PIXELS }, (_, i) => planes[(i % 3) * PIXELS + ((i / 3) | 0)]),
  );
}

function writeNames() {
  const names = CLASS_NAMES.map((name, row) => {
    const y = GAP + row * (SIDE + GAP) + SIDE / 2 + 5;
    return `<text x="${NAME_WIDTH - 10}" y="${y}" text-anchor="end">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${NAME_WIDTH}" height="${height}" font-family="sans-serif" font-size="15" fill="#333">${names.join('')}</svg>`;
}
