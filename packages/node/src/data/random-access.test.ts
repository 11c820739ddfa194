// One contract for every reader: a sample read by its position is the one the walk yields there, and early labels are its label.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createRandom } from '@espalier/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.ts';
import { readAll } from './read-all.case.ts';

let root = '';
const random = createRandom(8);
const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.integer(256));

async function write(name: string, content: Uint8Array | string): Promise<void> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function paint(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const raw = { width: 5, height: 4, channels: 3 as const };
    await write(name, await sharp(bytes(60), { raw }).png().toBuffer());
  }
}

/** An array of version 1.0 as NumPy saves it. */
function npy(descr: string, dims: readonly number[], elements: Uint8Array): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims.join(', ')},), }\n`;
  const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), elements]);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'espalier-access-'));
  await paint('classes/ant/a.png', 'classes/bee/b.png', 'classes/bee/c.png', 'flat/a.png', 'flat/b.png');
  const records = bytes(7 * 193).map((value, i) => (i % 193 === 0 ? value % 4 : value));
  await write('set.bin', records);
  await write('set.bin.gz', gzipSync(records));
  await write('cifar.bin', new Uint8Array(3 * 3073).fill(3));
  await write('list.csv', 'flat/b.png,dog\nflat/a.png,cat\n');
  await write('bare.csv', 'flat/b.png\nflat/a.png\n');
  await write('x.npy', npy('|u1', [5, 2, 3], bytes(30)));
  await write('y.npy', npy('|u1', [5], Uint8Array.of(2, 0, 1, 1, 2)));
  await write('yolo/data.yaml', 'names: [a, b]\nval: images\n');
  await paint('yolo/images/p.png', 'yolo/images/q.png');
  await write('yolo/labels/p.txt', '1 0.5 0.5 0.5 0.5\n');
  const images = ['p.png', 'q.png'].map((file_name, id) => ({ id, file_name }));
  const annotations = [{ image_id: 1, category_id: 7, bbox: [1, 1, 2, 2] }];
  await write('coco.json', JSON.stringify({ images, annotations, categories: [{ id: 7, name: 'a' }] }));
});
afterAll(() => rm(root, { recursive: true }));

const shape = [3, 8, 8] as const;

describe.each([
  ['images', 'classes', {}, [0, 1, 1]],
  ['images', 'flat', {}, undefined],
  ['records', 'set.bin', { shape }, 'of the samples'],
  ['records', 'set.bin.gz', { shape }, 'of the samples'],
  ['cifar10', 'cifar.bin', {}, [3, 3, 3]],
  ['csv', 'list.csv', {}, [1, 0]],
  ['csv', 'bare.csv', {}, undefined],
  ['arrays', 'x.npy', { labels: 'y.npy' }, [2, 0, 1, 1, 2]],
  ['arrays', 'x.npy', {}, undefined],
  ['yolo', 'yolo', {}, undefined],
  ['coco', 'coco.json', { images: 'yolo/images' }, undefined],
] as const)('%s, %s %j', (kind, name, given, labels) => {
  const open = () => {
    const paths = Object.entries(given).map(([key, value]) => [
      key,
      typeof value === 'string' ? join(root, value) : value,
    ]);
    return openDataset(join(root, name), Object.fromEntries(paths));
  };

  it('reads by position what the walk yields there', async () => {
    const dataset = await open();
    expect(dataset.kind).toBe(kind);
    const walked = await readAll(dataset);
    expect(walked).toHaveLength(dataset.size);
    const positions = [...walked.keys()].reverse();
    const read = await Promise.all(positions.map((position) => dataset.sampleAt(position)));
    expect(read.reverse()).toEqual(walked);
  });

  it('refuses other positions', async () => {
    const dataset = await open();
    for (const position of [-1, 0.5, dataset.size]) {
      await expect(dataset.sampleAt(position)).rejects.toMatchObject({
        kind: 'usage',
        code: 'usage.no-such-sample',
        message: expect.stringContaining(`position ${position}`),
      });
    }
  });

  it('tells classes early where it knows them', async () => {
    const dataset = await open();
    const told = await dataset.classLabels?.();
    if (labels === undefined) {
      expect(told).toBeUndefined();
      return;
    }
    const walked = await readAll(dataset);
    expect(told).toEqual(
      walked.map(({ id, target }) => ({ id, index: target.kind === 'class' ? target.index : undefined })),
    );
    if (labels !== 'of the samples') expect(told!.map(({ index }) => index)).toEqual(labels);
  });
});

describe('sampleAt', () => {
  it('names a corrupt picture, and only that one', async () => {
    await paint('some/a.png');
    await write('some/b.png', 'no picture');
    const dataset = await openDataset(join(root, 'some'));
    await expect(dataset.sampleAt(1)).rejects.toMatchObject({
      code: 'data.corrupt-image',
      message: expect.stringContaining('b.png'),
    });
    expect(await dataset.sampleAt(0)).toMatchObject({ id: 'a.png' });
  });

  it('refuses a label beyond the classes, as the labels do', async () => {
    await write('wrong.bin', new Uint8Array(3 * 3073).fill(12));
    const dataset = await openDataset(join(root, 'wrong.bin'));
    const refusal = { code: 'data.label-out-of-range', message: expect.stringContaining('record 0') };
    await expect(dataset.sampleAt(0)).rejects.toMatchObject(refusal);
    await expect(dataset.classLabels?.()).rejects.toMatchObject(refusal);
  });
});
