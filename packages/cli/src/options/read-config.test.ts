import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from './read-config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(text: string, name = 'espalier.yaml'): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

describe('readConfig', () => {
  it('finds espalier.yaml by itself and resolves its paths', async () => {
    const path = await write('macs: 0.6\ndata: images\nignore: [head*]\n');
    expect(await readConfig(undefined, folder)).toEqual({
      path,
      values: { macs: 0.6, data: join(folder, 'images'), ignore: ['head*'] },
    });
  });

  it('does without when there is none', async () => {
    expect(await readConfig(undefined, folder)).toBeUndefined();
  });

  it('accepts an empty file', async () => {
    const path = await write('# nothing yet\n', 'other.yaml');
    expect(await readConfig('other.yaml', folder)).toEqual({ path, values: {} });
  });

  it('misses a file that was asked for', async () => {
    await expect(readConfig('missing.yaml', folder)).rejects.toMatchObject({
      kind: 'io',
      code: 'config.unreadable',
      message: `The config file ${join(folder, 'missing.yaml')} cannot be read (ENOENT).`,
    });
  });

  it('suggests the key that was meant', async () => {
    const path = await write('roundto: 8\n');
    await expect(readConfig(undefined, folder)).rejects.toMatchObject({
      code: 'config.unknown-key',
      message: `The config file ${path} has the unknown key 'roundto'.`,
      hint: "Did you mean 'round-to'? See `espalier config schema` for all keys.",
    });
  });

  it.each(['- a\n- b\n', 'macs: [0.6\n', 'just text'])('refuses %j', async (text) => {
    await write(text);
    await expect(readConfig(undefined, folder)).rejects.toMatchObject({ code: 'config.bad-yaml' });
  });
});
