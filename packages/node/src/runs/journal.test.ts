import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openJournal, readJournal } from './journal.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-journal-'));
  file = join(folder, 'events.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

function write(...entries: readonly unknown[]): void {
  const journal = openJournal(file);
  for (const entry of entries) journal.write(entry);
  journal.sync();
  journal.close();
}

it('gives back what it was given, one line each, over several openings', async () => {
  expect(readJournal(file)).toEqual([]);
  write({ type: 'a', text: 'two\nlines' }, [1, null]);
  write(0.1);
  expect(readJournal(file)).toEqual([{ type: 'a', text: 'two\nlines' }, [1, null], 0.1]);
  expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(4);
});

it.each(['{"type":"b', '{"type":"b"}', '"größ', '\n'])(
  'loses nothing to a last line cut off after %j',
  async (rest) => {
    write({ type: 'a' });
    // In the middle of a letter, too.
    await appendFile(file, Buffer.from(rest).subarray(0, -1));
    expect(readJournal(file)).toEqual([{ type: 'a' }]);
    write({ type: 'c' });
    expect(readJournal(file)).toEqual([{ type: 'a' }, { type: 'c' }]);
  },
);

it('adds no line to an empty file', async () => {
  await writeFile(file, '');
  openJournal(file).close();
  expect(await readFile(file, 'utf8')).toBe('');
});

it.skipIf(!existsSync('/dev/full'))('says so when the disk is full', () => {
  const journal = openJournal('/dev/full');
  const failure = expect.objectContaining({ kind: 'io', code: 'io.write-failed' });
  expect(() => journal.write({ type: 'a' })).toThrow(failure);
  journal.close();
});
