import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSameSettings, type RunRecord, readRunRecord } from './run-record.ts';

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

describe('readRunRecord', () => {
  it('says that there is no run', async () => {
    await expect(readRunRecord(folder)).rejects.toMatchObject({ kind: 'io', code: 'run.missing' });
  });

  it.each(['{"schema":"esp', 'null', '{"schema":"espalier/run@0"}'])('refuses %s', async (text) => {
    await writeFile(join(folder, 'run.json'), text);
    await expect(readRunRecord(folder)).rejects.toMatchObject({ kind: 'io', code: 'run.damaged' });
  });
});
