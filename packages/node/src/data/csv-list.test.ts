import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '@espalier/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCsv, parseCsv } from './csv-list.ts';
import { readAll } from './read-all.case.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-csv-'));
  for (const name of ['a.png', 'b.png', 'c, d.png']) {
    await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } }).toFile(
      join(folder, name),
    );
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function open(text: string, options?: Parameters<typeof openCsv>[1]): Promise<Dataset> {
  const path = join(folder, 'list.csv');
  await writeFile(path, text);
  return openCsv(path, options);
}

describe('openCsv', () => {
  it('reads names of classes, a header and quoted paths', async () => {
    const dataset = await open('file,label\r\nb.png,dog\r\n"c, d.png",cat\r\n');
    expect(dataset).toMatchObject({ kind: 'csv', size: 2, classNames: ['cat', 'dog'] });
    expect((await readAll(dataset)).map(({ id, target }) => [id, target])).toEqual([
      ['b.png', { kind: 'class', index: 1 }],
      ['c, d.png', { kind: 'class', index: 0 }],
    ]);
  });

  it('takes integers as class indices', async () => {
    const dataset = await open('a.png,3\nb.png,0\n');
    expect(dataset.classNames).toBeUndefined();
    expect((await readAll(dataset)).map(({ target }) => target)).toEqual([
      { kind: 'class', index: 3 },
      { kind: 'class', index: 0 },
    ]);
  });

  it('keeps every class under a limit', async () => {
    const dataset = await open(`${'a.png,0\n'.repeat(30)}b.png,1\n`);
    const indices = (await readAll(dataset, { limit: 3 })).map(({ target }) => target);
    expect(indices).toContainEqual({ kind: 'class', index: 1 });
    expect(indices).toHaveLength(3);
  });

  it('reads a list without labels', async () => {
    expect((await readAll(await open('a.png\nb.png'))).map(({ target }) => target.kind)).toEqual([
      'none',
      'none',
    ]);
  });

  it.each([
    ['', {}, 'data.empty-folder', 'lists no pictures'],
    ['a.png,1\nb.png\n', {}, 'data.bad-row', "'b.png'"],
    ['a.png,1\nnotes.txt,1\n', {}, 'data.bad-row', 'notes.txt,1'],
    ['a.png,0\nb.png,-1\n', {}, 'data.label-out-of-range', 'The label -1'],
    ['a.png,2\n', { classNames: ['x', 'y'] }, 'data.label-out-of-range', 'The label 2'],
    ['a.png,z\n', { classNames: ['x', 'y'] }, 'data.label-out-of-range', "'z'"],
  ])('refuses %j', async (text, options, code, message) => {
    await expect(open(text, options)).rejects.toMatchObject({
      kind: 'data',
      code,
      message: expect.stringContaining(message),
    });
  });

  it('names the picture that is missing', async () => {
    await expect(readAll(await open('absent.png,1\n'))).rejects.toMatchObject({
      code: 'data.missing',
      message: expect.stringContaining('absent.png'),
    });
  });
});

describe('parseCsv', () => {
  it.each([
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['"x ""y"", z",1\r\n\r\n', [['x "y", z', '1']]],
    ['"two\nlines",', [['two\nlines', '']]],
    ['', []],
  ])('%j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });
});
