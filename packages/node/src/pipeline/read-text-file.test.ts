import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlanFile } from './read-text-file.ts';

describe('readPlanFile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'espalier-plan-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const read = async (text: string) => {
    const path = join(folder, 'plan.json');
    await writeFile(path, text);
    return readPlanFile(path);
  };

  it('reads a plan', async () => {
    const plan = { version: 1, groups: [{ root: 'a', channels: 4, removed: [1] }], cuts: [] };
    expect(await read(JSON.stringify(plan))).toEqual(plan);
  });

  it('names the file that is missing, or no JSON, and the field that is wrong', async () => {
    await expect(readPlanFile(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'io.read-failed' });
    await expect(read('{"version": 1')).rejects.toMatchObject({ code: 'plan.not-json', kind: 'usage' });
    await expect(read('{"version": 1, "groups": 3, "cuts": []}')).rejects.toMatchObject({
      code: 'plan.invalid',
      message: expect.stringContaining("'groups'"),
    });
  });
});
