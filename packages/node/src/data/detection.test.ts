// YOLO and COCO JSON sets say the same things in two forms, so one file tests both readers.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCoco } from './coco-json.ts';
import { readAll } from './read-all.case.ts';
import { openYolo } from './yolo-dataset.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'espalier-detection-'));
});
afterAll(() => rm(root, { recursive: true }));

/** Writes files below the root; `null` stands for a picture of 20x10 pixels. Returns the path of the first one. */
async function write(folder: string, files: Readonly<Record<string, string | null>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, folder, name);
    await mkdir(dirname(path), { recursive: true });
    if (text !== null) await writeFile(path, text);
    else await sharp({ create: { width: 20, height: 10, channels: 3, background: 'blue' } }).toFile(path);
  }
  return join(root, folder, Object.keys(files)[0]!);
}

describe('openYolo', () => {
  const yaml = 'path: .\nval: images/val\ntrain: list.txt\nnames: [cat, dog]\n';

  it('reads boxes and polygons in pixels, and pictures without labels', async () => {
    const path = await write('yolo', {
      'data.yaml': yaml,
      'images/val/a.png': null,
      'images/val/b.png': null,
      'labels/val/a.txt': '1 0.5 0.5 0.5 0.4\n0 0 0 0.1 0 0.1 0.5\n\n',
    });
    const dataset = await openYolo(path);
    expect(dataset).toMatchObject({ kind: 'yolo', size: 2, classNames: ['cat', 'dog'] });
    const [a, b] = await readAll(dataset);
    expect(a).toMatchObject({ id: 'images/val/a.png', target: { kind: 'boxes', width: 20, height: 10 } });
    expect(a!.target.kind === 'boxes' && a!.target.boxes).toEqual([
      { classIndex: 1, x1: 5, y1: 3, x2: 15, y2: 7 },
      { classIndex: 0, x1: 0, y1: 0, x2: 2, y2: 5 },
    ]);
    expect(b!.target).toMatchObject({ boxes: [] });
  });

  it('reads another split, listed in a text file', async () => {
    const path = await write('list', {
      'data.yaml': yaml,
      'list.txt': './images/x/a.png\n',
      'images/x/a.png': null,
      'labels/x/a.txt': '0 0.5 0.5 1 1',
    });
    const [sample] = await readAll(await openYolo(path, { split: 'train' }));
    expect(sample!.target).toMatchObject({ boxes: [{ classIndex: 0, x1: 0, y1: 0, x2: 20, y2: 10 }] });
    await expect(openYolo(path, { split: 'test' })).rejects.toMatchObject({
      code: 'data.missing',
      hint: 'It has: train, val.',
    });
  });

  it.each([
    ['2 0.5 0.5 0.1 0.1', 'data.label-out-of-range', 'The label 2 of '],
    ['x 0.5 0.5 0.1 0.1', 'data.label-out-of-range', 'The label NaN of '],
    ['0 0.5 0.5 0.1', 'data.bad-label', 'line 1'],
    ['0 320 240 10 10', 'data.bad-label', '[320, 240, 10, 10]'],
  ])('refuses the label %s with %s', async (line, code, message) => {
    const path = await write('bad', {
      'data.yaml': yaml,
      'images/val/a.png': null,
      'labels/val/a.txt': line,
    });
    await expect(readAll(await openYolo(path))).rejects.toMatchObject({
      kind: 'data',
      code,
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['names: [', 'data.bad-yaml'],
    ['just text', 'data.bad-yaml'],
    ['val: images', 'data.bad-yaml'],
    ['names: {0: a, 2: b}\nval: images', 'data.bad-yaml'],
    ['names: [a]\nval: nowhere', 'data.missing'],
    ['names: [a]\nval: hollow', 'data.empty-folder'],
  ])('refuses the file %j with %s', async (text, code) => {
    await mkdir(join(root, 'files/hollow'), { recursive: true });
    await expect(openYolo(await write('files', { 'data.yaml': text }))).rejects.toMatchObject({
      kind: 'data',
      code,
    });
  });

  const shared = fileURLToPath(new URL('../../../../../shared/data/coco/dataset.yaml', import.meta.url));
  it.skipIf(!existsSync(shared))('reads a real set (skipped where shared/data is missing)', async () => {
    const dataset = await openYolo(shared);
    expect(dataset).toMatchObject({ size: 128, classNames: { length: 80 } });
    const samples = await readAll(dataset, { limit: 16 });
    expect(samples).toHaveLength(16);
    for (const { input, target } of samples) {
      if (input.kind !== 'image' || target.kind !== 'boxes') throw new Error('expected pictures with boxes');
      expect(input.image.channels).toBe(3);
      for (const box of target.boxes) expect(box.x2 <= target.width + 0.5 && box.x1 >= -0.5).toBe(true);
    }
  });
});

describe('openCoco', () => {
  const content = {
    images: [{ id: 7, file_name: 'a.png', width: 20, height: 10 }],
    annotations: [
      { image_id: 7, category_id: 90, bbox: [5, 3, 10, 4] },
      { image_id: 7, category_id: 3, bbox: [0, 0, 2, 5], iscrowd: 1 },
    ],
    categories: [
      { id: 90, name: 'dog' },
      { id: 3, name: 'cat' },
    ],
  };
  const open = async (folder: string, change: object, pictures = 'images/val') => {
    const files = { 'annotations/instances_val.json': JSON.stringify({ ...content, ...change }) };
    return openCoco(await write(folder, { ...files, [`${pictures}/a.png`]: null }));
  };

  it.each(['images/val', 'val', 'images', 'annotations'])('finds the pictures in %s', async (pictures) => {
    const dataset = await open(`coco-${pictures.replace('/', '-')}`, {}, pictures);
    expect(dataset).toMatchObject({ kind: 'coco', size: 1, classNames: ['cat', 'dog'] });
    const [sample] = await readAll(dataset);
    expect(sample!.target).toEqual({
      kind: 'boxes',
      width: 20,
      height: 10,
      boxes: [
        { classIndex: 1, x1: 5, y1: 3, x2: 15, y2: 7 },
        { classIndex: 0, x1: 0, y1: 0, x2: 2, y2: 5, crowd: true },
      ],
    });
  });

  it.each([
    ['data.empty-folder', { images: [] }],
    ['data.bad-json', { categories: undefined }],
    ['data.bad-json', { annotations: [null] }],
    ['data.bad-json', { images: [{ id: 7 }] }],
    ['data.label-out-of-range', { annotations: [{ image_id: 7, category_id: 4, bbox: [0, 0, 1, 1] }] }],
    ['data.bad-label', { annotations: [{ image_id: 8, category_id: 3, bbox: [0, 0, 1, 1] }] }],
    ['data.bad-label', { annotations: [{ image_id: 7, category_id: 3, bbox: [0, 0, 1] }] }],
    ['data.missing', { images: [{ id: 7, file_name: 'other.png' }] }],
  ])('refuses with %s: %j', async (code, change) => {
    await expect(open('coco-bad', change)).rejects.toMatchObject({ kind: 'data', code });
  });

  it('refuses a picture that is not the annotated one', async () => {
    const dataset = await open('coco-size', {
      images: [{ id: 7, file_name: 'a.png', width: 40, height: 20 }],
    });
    await expect(readAll(dataset)).rejects.toMatchObject({
      code: 'data.wrong-size',
      message: "The picture 'a.png' is 20x10, its annotations say 40x20.",
    });
  });

  it('refuses what is no JSON', async () => {
    await expect(openCoco(await write('text', { 'a.json': '{' }))).rejects.toMatchObject({
      code: 'data.bad-json',
    });
  });
});
