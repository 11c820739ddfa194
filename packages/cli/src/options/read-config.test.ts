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
      message: `The config file ${path} has the unknown key 'roundto' in line 1.`,
      hint: "Did you mean 'round-to'? See `espalier config schema` for all keys.",
    });
  });

  it.each([
    ['\nmacs: 1.5', "'macs'", 2, '1.5', 'a number above 0, below 1'],
    ['macs:', "'macs'", 1, 'null', 'a number above 0, below 1'],
    ['ranking: all', "'ranking'", 1, "'all'", 'one of global, local'],
    ['json: 1', "'json'", 1, '1', 'true or false'],
    ['ignore: head', "'ignore'", 1, "'head'", 'a list, such as [PATTERN]'],
    ['ignore:\n  - head\n  - [tail]', "'ignore[1]'", 3, '["tail"]', 'PATTERN as each entry'],
    ['data: {a: 1}', "'data'", 1, '{"a":1}', 'a path'],
  ])('refuses %j and says where that stands', async (text, place, line, value, takes) => {
    const path = await write(text);
    await expect(readConfig(undefined, folder)).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'config.bad-value' },
      message: `${place} in ${path}, line ${line}, cannot be ${value}.`,
      hint: expect.stringContaining(`It takes ${takes}.`),
    });
  });

  it('takes numbers where the flag is a text, as YAML tempts to write them', async () => {
    await write('max-drop: 0.01\nrates: [0.25, 50%]\n');
    expect((await readConfig(undefined, folder))!.values).toEqual({
      maxDrop: '0.01',
      rates: ['0.25', '50%'],
    });
  });

  it('resolves whatever names a file, and only that', async () => {
    await write('model: a/net.onnx\npreprocess: p.yaml\n');
    expect((await readConfig(undefined, folder))!.values).toEqual({
      ...{ model: join(folder, 'a/net.onnx'), preprocess: join(folder, 'p.yaml') },
    });
    await write('preprocess: scale=1/255\n');
    expect((await readConfig(undefined, folder))!.values).toEqual({ preprocess: 'scale=1/255' });
  });

  it.each(['- a\n- b\n', 'macs: [0.6\n', 'just text'])('refuses %j', async (text) => {
    await write(text);
    await expect(readConfig(undefined, folder)).rejects.toMatchObject({ code: 'config.bad-yaml' });
  });
});
