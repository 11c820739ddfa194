import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSameSettings, makeRoom, type RunRecord, readRunRecord } from './run-record.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-record-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('checkSameSettings', () => {
  const record: RunRecord = { schema: 'espalier/run@1', about: {}, settings: { seed: 1, ignore: ['a'] } };

  it('takes the same again, and what is not set for what is absent', () => {
    checkSameSettings(record, { ignore: ['a'], seed: 1, split: undefined });
  });

  it.each([
    [{ seed: 2, ignore: ['a'] }, 'seed is 2 now and was 1 when it began'],
    [{ seed: 1, ignore: ['b'] }, 'ignore is ["b"] now and was ["a"] when it began'],
    [{ seed: 1 }, 'ignore is null now and was ["a"] when it began'],
    [{ seed: 1, ignore: ['a'], limit: 9 }, 'limit is 9 now and was null when it began'],
  ])('refuses %j', (settings, message) => {
    expect(() => checkSameSettings(record, settings)).toThrow(
      expect.objectContaining({
        ...{ kind: 'usage', code: 'run.other-settings' },
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe('makeRoom', () => {
  it('has it where there is nothing', async () => {
    await makeRoom(join(folder, 'none'), [], false);
    await makeRoom(folder, [], false);
  });

  it('refuses a folder with anything in it; with force it takes away what belongs to a run, and no more', async () => {
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await mkdir(join(folder, 'models'));
    await writeFile(join(folder, 'models', 'best.onnx'), '');
    const files = [join(folder, 'models'), join(folder, 'run.json')];
    await expect(makeRoom(folder, files, false)).rejects.toMatchObject({ kind: 'io', code: 'io.exists' });
    expect(await readdir(folder)).toHaveLength(2);
    await makeRoom(folder, files, true);
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });
});

describe('readRunRecord', () => {
  it('says that there is no run', async () => {
    const file = join(folder, 'run.json');
    await expect(readRunRecord(folder, file)).rejects.toMatchObject({ kind: 'io', code: 'run.missing' });
  });

  it.each(['{"schema":"esp', 'null', '{"schema":"espalier/run@0"}'])('refuses %s', async (text) => {
    const file = join(folder, 'run.json');
    await writeFile(file, text);
    await expect(readRunRecord(folder, file)).rejects.toMatchObject({ kind: 'io', code: 'run.damaged' });
  });
});
