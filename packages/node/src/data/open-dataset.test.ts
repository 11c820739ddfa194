import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, recogniseDataset } from './open-dataset.ts';
import { readAll } from './read-all.case.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'espalier-open-'));
});
afterAll(() => rm(root, { recursive: true }));

async function write(name: string, bytes: Uint8Array | string = ''): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

describe('recogniseDataset', () => {
  it.each([
    ['set.yaml', '', 'yolo', 'a YAML file'],
    ['SET.YML', '', 'yolo', 'a YAML file'],
    ['a.json', '', 'coco', 'a JSON file'],
    ['a.csv', '', 'csv', 'a CSV file'],
    ['a.npy', '', 'arrays', 'a NumPy file'],
    ['a.npz', '', 'arrays', 'a NumPy file'],
    ['two.bin', new Uint8Array(2 * 3073), 'cifar10', 'its size is a multiple of 3073 bytes'],
    ['odd.bin', new Uint8Array(4097), 'records', 'a binary file'],
    ['a.bin.gz', '', 'records', 'a binary file'],
  ])('%s', async (name, bytes, kind, because) => {
    const path = await write(name, bytes);
    expect(await recogniseDataset(path)).toEqual({ kind, path, because });
  });

  it('lets a stated shape decide against CIFAR-10', async () => {
    const path = await write('stated.bin', new Uint8Array(3073 * 257));
    expect(await recogniseDataset(path, { shape: [1, 16, 16] })).toMatchObject({ kind: 'records' });
  });

  it('looks into folders', async () => {
    const yaml = await write('yolo/data.yaml');
    expect(await recogniseDataset(dirname(yaml))).toMatchObject({ kind: 'yolo', path: yaml });
    const picture = await write('pictures/a.png');
    expect(await recogniseDataset(dirname(picture))).toMatchObject({
      kind: 'images',
      path: dirname(picture),
    });
  });

  it('asks when it cannot tell', async () => {
    const binary = await write('files/train.bin');
    await expect(recogniseDataset(dirname(binary))).rejects.toMatchObject({
      kind: 'data',
      code: 'data.unknown-format',
      message: expect.stringContaining('train.bin'),
    });
    await write('bare/images/a.png');
    await write('bare/labels/a.txt');
    await expect(recogniseDataset(join(root, 'bare'))).rejects.toMatchObject({
      code: 'data.unknown-format',
      message: expect.stringContaining('has none of dataset.yaml'),
    });
    await expect(recogniseDataset(await write('a.parquet'))).rejects.toMatchObject({
      code: 'data.unknown-format',
      hint: expect.stringContaining('--format images|cifar10|records|yolo|coco|arrays|csv'),
    });
    await expect(recogniseDataset(join(root, 'absent'))).rejects.toMatchObject({ code: 'data.missing' });
  });
});

describe('openDataset', () => {
  it('reads what it recognised, under the name it was given', async () => {
    const yaml = await write('whole/data.yaml', 'names: [a]\nval: images');
    await write('whole/labels/p.txt', '0 0.5 0.5 1 1');
    await mkdir(join(root, 'whole/images'));
    await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } }).toFile(
      join(root, 'whole/images/p.png'),
    );
    const dataset = await openDataset(dirname(yaml));
    expect(dataset).toMatchObject({ name: dirname(yaml), kind: 'yolo', size: 1 });
    expect(dataset.description).toBe(
      "1 pictures with boxes of 1 classes in YOLO form, split 'val' (a folder with data.yaml)",
    );
    expect((await readAll(dataset))[0]!.target).toMatchObject({ boxes: [{ x1: 0, y1: 0, x2: 2, y2: 2 }] });
  });

  it('obeys a stated format and passes options on', async () => {
    const path = await write('records.dat', new Uint8Array(2 * 257));
    const options = { format: 'records', shape: [1, 16, 16], classNames: ['only'] } as const;
    const dataset = await openDataset(path, options);
    expect(dataset).toMatchObject({ kind: 'records', size: 2, classNames: ['only'] });
    expect(await readAll(dataset)).toHaveLength(2);
  });

  const shared = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
  it.skipIf(!existsSync(shared)).each([
    ['cifar10/test.bin', 'cifar10', 10_000, 10],
    ['pcb/test.bin.gz', 'records', 6140, 7],
  ])('reads the real %s (skipped where shared/data is missing)', async (file, kind, size, classCount) => {
    const dataset = await openDataset(join(shared, file));
    expect(dataset).toMatchObject({ kind, size });
    const classes = (await readAll(dataset, { limit: 200 })).map(
      ({ target }) => target.kind === 'class' && target.index,
    );
    expect(classes).toHaveLength(200);
    expect(new Set(classes).size).toBe(classCount);
  });
});
