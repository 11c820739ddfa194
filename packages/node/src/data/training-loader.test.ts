import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  applyPreprocess,
  createRandom,
  NO_AUGMENT,
  type Preprocess,
  parseAugment,
  toInputCorners,
  UNTOUCHED,
} from '@espalier/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CorruptImage } from './training-batch.ts';
import { openTrainingLoader, type TrainingBatch, type TrainingLoaderOptions } from './training-loader.ts';

let root = '';
const random = createRandom(4);
const noise = (count: number) => Uint8Array.from({ length: count }, () => random.integer(256));

/** 3x8x8 records whose label is their position modulo 5. */
const RECORDS = 22;
let records: TrainingLoaderOptions;
let folder: TrainingLoaderOptions;
const small: Preprocess = {
  ...UNTOUCHED,
  width: 8,
  height: 8,
  scale: 1 / 255,
  mean: [0.5],
  std: [0.25],
  channels: 'rgb',
};

async function write(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function paint(name: string, width: number, height: number): Promise<string> {
  const raw = { width, height, channels: 3 as const };
  return write(
    name,
    await sharp(noise(width * height * 3), { raw })
      .png()
      .toBuffer(),
  );
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'espalier-training-'));
  const bytes = noise(RECORDS * 193).map((value, i) => (i % 193 === 0 ? (i / 193) % 5 : value));
  const path = await write('set.bin', bytes);
  const shared = { augment: parseAugment('crop=1,flip,jitter=0.2,cutout=2'), batch: 4, seed: 3 };
  records = { ...shared, path, dataset: { shape: [3, 8, 8] }, preprocess: small };
  for (let i = 0; i < 6; i++) await paint(`folder/${'ab'[i % 2]}/${i}.png`, 10 + i, 9);
  await write('folder/b/6.png', 'no picture');
  const letterbox = { ...small, resize: 'letterbox' } as const;
  folder = {
    ...shared,
    path: join(root, 'folder'),
    preprocess: letterbox,
    augment: parseAugment('scale=0.5..1.5,flip'),
    batch: 3,
  };
});
afterAll(() => rm(root, { recursive: true }));

/** Batches of the steps `from` to `to` − 1, their memory copied before it is given back. */
async function take(
  options: TrainingLoaderOptions,
  from: number,
  to: number,
): Promise<readonly TrainingBatch[]> {
  const loader = await openTrainingLoader(options);
  const batches: TrainingBatch[] = [];
  try {
    for (let step = from; step < to; step++) {
      const batch = await loader.next(step);
      batches.push({ ...batch, input: { ...batch.input, data: batch.input.data.slice() } });
      loader.recycle(batch);
    }
  } finally {
    await loader.close();
  }
  return batches;
}

describe('openTrainingLoader', () => {
  it('shows every sample at most once an epoch, in whole batches, newly shuffled each time', async () => {
    const batches = await take({ ...records, workers: 0 }, 0, 10);
    expect(batches.map(({ step, epoch }) => [step, epoch])).toEqual(
      Array.from({ length: 10 }, (_, step) => [step, Math.floor(step / 5)]),
    );
    const epochs = [batches.slice(0, 5), batches.slice(5)].map((part) => part.flatMap(({ ids }) => ids));
    for (const ids of epochs) expect(new Set(ids).size).toBe(20);
    expect(epochs[0]).not.toEqual(epochs[1]);
    for (const { input, ids, targets, placements } of batches) {
      expect(input).toMatchObject({ type: 'float32', dims: [4, 3, 8, 8] });
      expect(targets).toEqual(ids.map((id) => ({ kind: 'class', index: Number(id) % 5 })));
      expect(placements).toHaveLength(4);
    }
  });

  it('gives pictures as preprocessing makes them where nothing is augmented', async () => {
    const loader = await openTrainingLoader({ ...records, augment: NO_AUGMENT, workers: 0 });
    const { input, ids } = await loader.next(3);
    for (const [i, id] of ids.entries()) {
      const sample = await loader.dataset.sampleAt(Number(id));
      if (sample.input.kind !== 'image') throw new Error('expected an image');
      expect(input.data.slice(i * 192, (i + 1) * 192)).toEqual(
        applyPreprocess(sample.input.image, small).data,
      );
    }
    await loader.close();
  });

  it.each([1, 2])('makes the same batches on %i threads as inline, to the bit', async (workers) => {
    for (const options of [records, folder]) {
      const inline = await take({ ...options, workers: 0 }, 0, 7);
      expect(await take({ ...options, workers }, 0, 7)).toEqual(inline);
    }
  });

  it('resumes at any step as if it had never stopped, with or without a cache', async () => {
    for (const options of [records, folder]) {
      const straight = await take({ ...options, workers: 1 }, 0, 9);
      expect(await take({ ...options, workers: 1, cacheBytes: 0 }, 6, 9)).toEqual(straight.slice(6));
    }
  });

  it('takes steps in any order', async () => {
    const straight = await take({ ...records, workers: 0 }, 0, 8);
    const loader = await openTrainingLoader({ ...records, workers: 1 });
    for (const step of [7, 0, 1, 1, 5]) expect(await loader.next(step)).toEqual(straight[step]);
    await loader.close();
  });

  it('augments a sample alike whatever the batch size', async () => {
    const pictures = async (batch: number) => {
      const batches = await take({ ...records, batch, workers: 0 }, 0, Math.floor(20 / batch));
      return new Map(
        batches.flatMap(({ ids, input }) =>
          ids.map((id, i) => [id, input.data.slice(i * 192, (i + 1) * 192)] as const),
        ),
      );
    };
    const [fours, tens] = [await pictures(4), await pictures(10)];
    expect(fours.size).toBe(20);
    expect(tens).toEqual(fours);
  });

  it('trains on a part only', async () => {
    const positions = [1, 3, 5, 7, 9, 11, 13];
    const batches = await take({ ...records, positions, batch: 3, workers: 0 }, 0, 12);
    expect(new Set(batches.flatMap(({ ids }) => ids))).toEqual(new Set(positions.map(String)));
  });

  it('moves boxes with their picture', async () => {
    const white = sharp({ create: { width: 16, height: 16, channels: 3, background: 'black' } });
    const square = { create: { width: 4, height: 6, channels: 3 as const, background: 'white' } };
    const input = await sharp(square).png().toBuffer();
    await write(
      'yolo/images/p.png',
      await white
        .composite([{ input, left: 2, top: 8 }])
        .png()
        .toBuffer(),
    );
    await write('yolo/labels/p.txt', '0 0.25 0.6875 0.25 0.375');
    const path = await write('yolo/data.yaml', 'names: [square]\nval: images');
    const p = { ...UNTOUCHED, width: 64, height: 64, resize: 'letterbox', padValue: 0 } as const;
    const augment = parseAugment('scale=0.8..1.2,flip');
    const batches = await take({ path, preprocess: p, augment, batch: 1, seed: 2, workers: 0 }, 0, 12);
    expect(new Set(batches.map(({ placements }) => Math.sign(placements[0]!.scaleX))).size).toBe(2);
    for (const { input, targets, placements } of batches) {
      const [target] = targets;
      if (target?.kind !== 'boxes') throw new Error('expected boxes');
      const { x1, y1, x2, y2 } = toInputCorners(target.boxes[0]!, placements[0]!);
      for (let y = 0; y < 64; y++) {
        for (let x = 0; x < 64; x++) {
          const inside = x + 0.5 > x1 + 3 && x + 0.5 < x2 - 3 && y + 0.5 > y1 + 3 && y + 0.5 < y2 - 3;
          const outside = x + 0.5 < x1 - 3 || x + 0.5 > x2 + 3 || y + 0.5 < y1 - 3 || y + 0.5 > y2 + 3;
          if (inside) expect(input.data[y * 64 + x]).toBe(255);
          if (outside) expect(input.data[y * 64 + x]).toBe(0);
        }
      }
    }
  });

  it('feeds float arrays as they are', async () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i);
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }\n";
    const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
    start.writeUInt16LE(header.length, 8);
    const path = await write(
      'x.npy',
      Buffer.concat([start, Buffer.from(header), Buffer.from(values.buffer)]),
    );
    const options = { path, preprocess: UNTOUCHED, batch: 2, seed: 1, workers: 0 };
    for (const { input, ids } of await take(options, 0, 4)) {
      expect(input.dims).toEqual([2, 3]);
      expect([...input.data]).toEqual(ids.flatMap((id) => [0, 1, 2].map((i) => 3 * Number(id) + i)));
    }
    await expect(openTrainingLoader({ ...options, augment: parseAugment('flip') })).rejects.toMatchObject({
      kind: 'usage',
      code: 'augment.not-pictures',
      message: expect.stringContaining("'flip'"),
    });
  });
});

describe('corrupt pictures', () => {
  it.each([0, 2])('are counted once and replaced by the next good one (%i threads)', async (workers) => {
    const seen: CorruptImage[] = [];
    const options = { ...folder, workers, onCorrupt: (image: CorruptImage) => seen.push(image) };
    const batches = await take(options, 0, 10);
    // The last of seven positions is corrupt, so the first one comes twice in the epochs that hold it.
    expect(seen).toEqual([{ position: 6, message: expect.stringContaining('6.png') }]);
    for (const { ids } of batches) expect(ids).toHaveLength(3);
    const twice = batches.flatMap(({ ids, input }) => {
      const picture = (i: number) => input.data.slice(i * 192, (i + 1) * 192);
      const places = [0, 1, 2].filter((i) => ids[i] === 'a/0.png').map(picture);
      return places.length === 2 ? [places] : [];
    });
    for (const [one, other] of twice) expect(one).toEqual(other);
  });

  it('stay within the part that is trained on', async () => {
    const batches = await take({ ...folder, positions: [2, 4, 6], workers: 0 }, 0, 4);
    expect(new Set(batches.flatMap(({ ids }) => ids))).toEqual(new Set(['a/4.png', 'b/3.png']));
  });

  it.each([0, 1])('beyond the limit are an error that names the first ones (%i threads)', async (workers) => {
    await expect(take({ ...folder, workers, corruptLimit: 0 }, 0, 10)).rejects.toMatchObject({
      kind: 'data',
      code: 'data.too-many-corrupt',
      message: expect.stringMatching(/^1 pictures of .*folder' .* more than the 0 .*6\.png/),
    });
  });

  it('are an error when there is nothing else', async () => {
    const path = dirname(await write('broken/a.png', 'no'));
    await write('broken/b.png', 'no');
    await expect(openTrainingLoader({ ...folder, path, batch: 1 })).rejects.toMatchObject({
      code: 'data.too-many-corrupt',
      message: expect.stringMatching(/^2 pictures.*a\.png.*b\.png/),
    });
  });
});

describe('refusals', () => {
  it('names the sizes when not one batch is full', async () => {
    await expect(openTrainingLoader({ ...records, batch: 23 })).rejects.toMatchObject({
      code: 'data.too-few',
      message: expect.stringMatching(/has 22 samples, fewer than one batch of 23/),
    });
  });

  it('refuses augmentation that does not fit pictures or targets', async () => {
    await expect(openTrainingLoader({ ...records, augment: parseAugment('crop=8') })).rejects.toMatchObject({
      code: 'augment.bad-value',
      message: expect.stringContaining('8x8'),
    });
    const header = (dims: string) => `{'descr': '|u1', 'fortran_order': False, 'shape': ${dims}, }\n`;
    const array = (dims: string, count: number) => {
      const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
      start.writeUInt16LE(header(dims).length, 8);
      return Buffer.concat([start, Buffer.from(header(dims)), noise(count)]);
    };
    const path = await write('pictures.npy', array('(2, 8, 8, 3)', 384));
    const labels = await write('masks.npy', array('(2, 8, 8)', 128));
    const masks = { ...records, path, dataset: { labels }, batch: 1, workers: 0 };
    await expect(openTrainingLoader(masks)).rejects.toMatchObject({
      kind: 'usage',
      code: 'augment.fixed-targets',
      message: expect.stringContaining('mask'),
    });
    await (await openTrainingLoader({ ...masks, augment: parseAugment('jitter=0.2') })).close();
  });

  it.each([0, 1])("passes on the readers' errors (%i threads)", async (workers) => {
    const dataset = { shape: [3, 8, 8], classNames: ['a', 'b', 'c', 'd'] } as const;
    const loader = await openTrainingLoader({ ...records, dataset, batch: 22, workers });
    await expect(loader.next(0)).rejects.toMatchObject({
      name: 'EspalierError',
      kind: 'data',
      code: 'data.label-out-of-range',
      hint: expect.stringContaining('class names'),
    });
    await loader.close();
  });

  it.each([0, 1])('ends with a sentence once it is closed (%i threads)', async (workers) => {
    const loader = await openTrainingLoader({ ...records, workers });
    const flying = workers > 0 ? loader.next(0) : undefined;
    flying?.catch(() => {});
    await loader.close();
    if (flying) await expect(flying).rejects.toMatchObject({ code: 'workers.closed' });
    await expect(loader.next(0)).rejects.toMatchObject({ kind: 'interrupted', code: 'workers.closed' });
  });
});
