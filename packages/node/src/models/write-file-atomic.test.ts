import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stageFile, writeFileAtomic } from './write-file-atomic.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-write-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('writes text and chunks and leaves no other file behind', async () => {
  expect(await writeFileAtomic(join(folder, 'text'), 'grün')).toBe(5);
  const chunks = [new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([3])];
  expect(await writeFileAtomic(join(folder, 'bytes'), chunks)).toBe(3);
  expect(await readFile(join(folder, 'text'), 'utf8')).toBe('grün');
  expect([...(await readFile(join(folder, 'bytes')))]).toEqual([1, 2, 3]);
  expect((await readdir(folder)).sort()).toEqual(['bytes', 'text']);
});

it('never replaces a file without force', async () => {
  const path = join(folder, 'kept');
  await writeFile(path, 'old');
  await expect(writeFileAtomic(path, 'new')).rejects.toMatchObject({ kind: 'io', code: 'io.exists' });
  expect(await readFile(path, 'utf8')).toBe('old');
  await writeFileAtomic(path, 'new', { force: true });
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['kept']);
});

it('does not replace a file that appeared while it was writing', async () => {
  const path = join(folder, 'raced');
  const staged = await stageFile(path, 'mine');
  await writeFile(path, 'theirs');
  await expect(staged.commit()).rejects.toMatchObject({ code: 'io.exists' });
  await staged.discard();
  expect(await readFile(path, 'utf8')).toBe('theirs');
  expect(await readdir(folder)).toEqual(['raced']);
});

it('keeps the old file when the content fails half-way', async () => {
  const path = join(folder, 'kept');
  await writeFile(path, 'old');
  async function* broken() {
    yield new Uint8Array([1]);
    throw new Error('no more');
  }
  await expect(writeFileAtomic(path, broken(), { force: true })).rejects.toThrow('no more');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['kept']);
});

it('names a folder that does not exist', async () => {
  await expect(writeFileAtomic(join(folder, 'none', 'file'), '')).rejects.toMatchObject({
    code: 'io.no-folder',
    message: expect.stringContaining(join(folder, 'none')),
  });
});
