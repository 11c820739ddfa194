import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMetric } from './load-metric.ts';

describe('loadMetric', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'espalier-metric-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  it('hands back the factory', async () => {
    const path = await write(
      'mine.mjs',
      'export const createMetric = () => ({ name: "n", higherIsBetter: true, add() {}, result: () => ({ n: 7 }) });',
    );
    expect((await loadMetric(path))().result()).toEqual({ n: 7 });
  });

  it('says what is wrong with a module', async () => {
    await expect(loadMetric(join(folder, 'none.mjs'))).rejects.toMatchObject({ code: 'metric.unreadable' });
    await expect(loadMetric(await write('other.mjs', 'export const x = 1;'))).rejects.toMatchObject({
      code: 'metric.no-factory',
      kind: 'usage',
    });
  });
});
