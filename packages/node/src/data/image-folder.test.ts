import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample } from '@espalier/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage, isImageName } from './decode-image.ts';
import { openImageFolder } from './image-folder.ts';
import { readAll } from './read-all.case.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'espalier-folder-'));
});
afterAll(() => rm(root, { recursive: true }));

/** Writes 4x3 pictures of one colour, by path. */
async function paint(folder: string, ...files: string[]): Promise<string> {
  for (const file of files) {
    const path = join(root, folder, file);
    await mkdir(join(path, '..'), { recursive: true });
    await sharp({ create: { width: 4, height: 3, channels: 3, background: { r: 10, g: 20, b: 30 } } }).toFile(
      path,
    );
  }
  return join(root, folder);
}

const idsOf = (samples: readonly Sample[]) => samples.map((sample) => sample.id);

describe('openImageFolder', () => {
  it('numbers the class folders in sorted order and reads their pictures in order', async () => {
    const path = await paint('classes', 'cat/b.png', 'cat/a.png', 'ant/x.png', 'bee/deep/y.png');
    await writeFile(join(path, 'cat', 'notes.txt'), 'no picture');
    await mkdir(join(path, 'dog'));
    const dataset = await openImageFolder(path);
    expect(dataset).toMatchObject({
      size: 4,
      classNames: ['ant', 'bee', 'cat', 'dog'],
      description: '4 pictures in 4 class folders (1 empty)',
    });
    const samples = await readAll(dataset);
    expect(idsOf(samples)).toEqual(['ant/x.png', 'bee/deep/y.png', 'cat/a.png', 'cat/b.png']);
    expect(samples.map(({ target }) => target.kind === 'class' && target.index)).toEqual([0, 1, 2, 2]);
    const { input } = samples[0]!;
    if (input.kind !== 'image') throw new Error('expected an image');
    expect(input.image).toMatchObject({ width: 4, height: 3, channels: 3, order: 'hwc' });
    expect([...input.image.data.subarray(0, 3)]).toEqual([10, 20, 30]);
  });

  it('keeps every class under a limit', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `many/${i}.png`);
    const dataset = await openImageFolder(await paint('limit', ...many, 'one/a.png'));
    const ids = idsOf(await readAll(dataset, { limit: 4 }));
    expect(ids).toHaveLength(4);
    expect(ids.filter((id) => id.startsWith('one/'))).toHaveLength(1);
    expect(idsOf(await readAll(dataset, { limit: 4 }))).toEqual(ids);
  });

  it('reads a flat folder without labels', async () => {
    const dataset = await openImageFolder(await paint('flat', 'b.png', 'a.jpg'));
    const samples = await readAll(dataset);
    expect(idsOf(samples)).toEqual(['a.jpg', 'b.png']);
    expect(samples.every(({ target }) => target.kind === 'none')).toBe(true);
  });

  it('chooses a split', async () => {
    const path = await paint('splits', 'train/a/1.png', 'train/b/2.png', 'val/a/3.png', 'val/b/4.png');
    expect(idsOf(await readAll(await openImageFolder(path)))).toEqual(['a/3.png', 'b/4.png']);
    const train = await openImageFolder(path, { split: 'train' });
    expect(train.description).toBe("2 pictures in 2 class folders, split 'train'");
    await expect(openImageFolder(path, { split: 'test' })).rejects.toMatchObject({
      code: 'data.missing',
      message: expect.stringContaining("'test'"),
    });
  });

  it('refuses empty, mixed and missing folders', async () => {
    const mixed = await paint('mixed', 'stray.png', 'a/1.png');
    await expect(openImageFolder(mixed)).rejects.toMatchObject({
      kind: 'data',
      code: 'data.mixed-folder',
      message: expect.stringContaining('stray.png'),
    });
    await mkdir(join(root, 'empty/inside'), { recursive: true });
    await expect(openImageFolder(join(root, 'empty'))).rejects.toMatchObject({ code: 'data.empty-folder' });
    await expect(openImageFolder(join(root, 'empty/inside'))).rejects.toMatchObject({
      code: 'data.empty-folder',
    });
    await expect(openImageFolder(join(root, 'absent'))).rejects.toMatchObject({ code: 'data.missing' });
  });

  it('names a corrupt picture, and skips as many as allowed', async () => {
    const path = await paint('corrupt', 'a.png', 'b.png', 'd.png');
    await writeFile(join(path, 'c.png'), 'not a picture');
    const dataset = await openImageFolder(path);
    await expect(readAll(dataset)).rejects.toMatchObject({
      kind: 'data',
      code: 'data.corrupt-image',
      message: expect.stringContaining('c.png'),
    });
    const skipped: Error[] = [];
    const rest = await readAll(dataset, { corruptLimit: 1, onCorrupt: (error) => skipped.push(error) });
    expect(idsOf(rest)).toEqual(['a.png', 'b.png', 'd.png']);
    expect(skipped).toEqual([expect.objectContaining({ message: expect.stringContaining('c.png') })]);
    await writeFile(join(path, 'e.png'), '');
    await expect(readAll(await openImageFolder(path), { corruptLimit: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('e.png'),
    });
  });
});

describe('decodeImage', () => {
  it('gives grey, deep and transparent pictures three 8-bit channels', async () => {
    const grey = join(root, 'grey.png');
    await sharp(Buffer.of(7, 200), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .toFile(grey);
    expect([...(await decodeImage(grey)).data]).toEqual([7, 7, 7, 200, 200, 200]);

    const deep = join(root, 'deep.png');
    await sharp(Uint16Array.of(0, 0x8080, 0xffff), { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .toFile(deep);
    expect([...(await decodeImage(deep)).data]).toEqual([0, 128, 255]);

    const clear = join(root, 'clear.png');
    await sharp(Buffer.of(1, 2, 3, 0), { raw: { width: 1, height: 1, channels: 4 } }).toFile(clear);
    expect([...(await decodeImage(clear)).data]).toEqual([1, 2, 3]);
  });

  it('refuses a truncated picture', async () => {
    const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const path = join(root, 'cut.jpg');
    await writeFile(path, whole.subarray(0, whole.length - 100));
    await expect(decodeImage(path)).rejects.toMatchObject({ code: 'data.corrupt-image' });
  });

  it('turns pictures upright', async () => {
    const path = join(root, 'turned.jpg');
    await sharp({ create: { width: 8, height: 4, channels: 3, background: 'red' } })
      .withMetadata({ orientation: 6 })
      .toFile(path);
    expect(await decodeImage(path)).toMatchObject({ width: 4, height: 8 });
  });
});

describe('isImageName', () => {
  it.each([
    ['a.JPG', true],
    ['a.b.png', true],
    ['png', false],
    ['a.txt', false],
  ])('%s: %s', (name, expected) => {
    expect(isImageName(name)).toBe(expected);
  });
});
