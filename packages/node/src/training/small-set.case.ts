// What tests of training share: pictures whose class is easy to see, and a net that can learn it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, GraphBuilder, type Model } from '@espalier/core';

const SIDE = 8;

/** Records of noisy pictures 3x8x8: class 0 is bright on the left, 1 on the right, 2 above, 3 below. */
export function drawRecords(count: number, seed = 1): Uint8Array {
  const random = createRandom(seed);
  const size = 1 + 3 * SIDE * SIDE;
  const bytes = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const label = i % 4;
    bytes[i * size] = label;
    for (let at = 0; at < 3 * SIDE * SIDE; at++) {
      const along = label < 2 ? at % SIDE : Math.floor(at / SIDE) % SIDE;
      const bright = label % 2 === 0 ? along < SIDE / 2 : along >= SIDE / 2;
      bytes[i * size + 1 + at] = (bright ? 150 : 90) + random.integer(60);
    }
  }
  return bytes;
}

/** How a small net differs from the usual one. */
export interface SmallNetOptions {
  readonly seed?: number;
  /** Names among which the weights' sizes are spread, default 0.3. */
  readonly spread?: number;
  readonly classes?: number;
  /** Batch that the file declares, default 1. */
  readonly batch?: number | string;
}

/** Three strided convolutions with a sum in between, and a convolution over all that is left: [N, 4, 1, 1]. */
export function smallNet({ seed = 1, spread = 0.3, classes = 4, batch = 1 }: SmallNetOptions = {}): Model {
  const random = createRandom(seed);
  const g = new GraphBuilder();
  const weight = (...dims: readonly number[]): string => {
    const count = dims.reduce((a, b) => a * b, 1);
    return g.constant({ dims, data: Float32Array.from({ length: count }, () => spread * random.normal()) });
  };
  const x = g.input('x', [batch, 3, SIDE, SIDE]);
  const stem = g.node(
    'Conv',
    [x, weight(8, 3, 3, 3), weight(8)],
    { pads: [1, 1, 1, 1], strides: [2, 2] },
    'stem',
  );
  const left = g.node('Relu', [stem], {}, 'left');
  const right = g.node('Conv', [left, weight(8, 8, 3, 3), weight(8)], { pads: [1, 1, 1, 1] }, 'right');
  const sum = g.node('Relu', [g.node('Add', [left, right], {}, 'sum')], {}, 'body');
  g.output(g.node('Conv', [sum, weight(classes, 8, 4, 4), weight(classes)], {}, 'scores'), [
    batch,
    classes,
    1,
    1,
  ]);
  return g.model();
}

/** A folder of its own with a file of records in it. Close it. */
export async function openSmallSet(
  count = 200,
): Promise<{ readonly folder: string; readonly data: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-train-'));
  const data = join(folder, 'data.bin');
  await writeFile(data, drawRecords(count));
  return { folder, data, close: () => rm(folder, { recursive: true }) };
}
