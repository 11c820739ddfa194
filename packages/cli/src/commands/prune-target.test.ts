import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pickTarget, readTarget } from './prune-target.ts';

const none = {
  macs: undefined,
  params: undefined,
  ratio: undefined,
  latency: undefined,
  layerRatios: undefined,
  layerRates: undefined,
  plan: undefined,
};

describe('pickTarget', () => {
  it('lets a flag override a target of another kind in the config file', () => {
    expect(pickTarget({ ...none, macs: 0.6, ratio: 0.3 }, { macs: 'config', ratio: 'flag' })).toBe('ratio');
  });

  it('refuses two targets from one source, and none', () => {
    expect(() => pickTarget({ ...none, macs: 0.6, plan: 'p' }, { macs: 'flag', plan: 'flag' })).toThrow(
      '--macs and --plan cannot both be the target.',
    );
    expect(() => pickTarget(none, {})).toThrow(expect.objectContaining({ code: 'prune.no-target' }));
  });
});

describe('readTarget', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'espalier-target-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const readRatios = async (text: string) => {
    const layerRatios = join(folder, 'ratios.yaml');
    await writeFile(layerRatios, text);
    return readTarget({ ...none, layerRatios }, { layerRatios: 'flag' });
  };

  it('reads ratios by name and as a list', async () => {
    expect(await readRatios('conv1: 0.3\n"conv*": 0\n')).toEqual({ layerRatios: { conv1: 0.3, 'conv*': 0 } });
    expect(await readRatios('[0.1, 0.2]')).toEqual({ layerRatios: [0.1, 0.2] });
  });

  it('reads a table of rates', async () => {
    const table = await readTarget({ ...none, layerRates: '[0]+[.5]*2' }, { layerRates: 'flag' });
    expect(table).toEqual({ layerRates: [0, 0.5, 0.5] });
  });

  it('reads a latency, a fraction or a time', async () => {
    const target = (latency: string) => readTarget({ ...none, latency }, { latency: 'flag' });
    expect(await target('0.5')).toEqual({ latency: { fraction: 0.5 } });
    expect(await target('12ms')).toEqual({ latency: { ms: 12 } });
    await expect(target('fast')).rejects.toMatchObject({ code: 'latency.bad-target' });
  });

  it.each(['conv1: 1.5', 'conv1: much', 'just text', '{', ''])('refuses %j as ratios', async (text) => {
    await expect(readRatios(text)).rejects.toMatchObject({ code: 'prune.bad-ratios' });
  });

  it('misses a file', async () => {
    const layerRatios = join(folder, 'missing.yaml');
    await expect(readTarget({ ...none, layerRatios }, { layerRatios: 'flag' })).rejects.toMatchObject({
      kind: 'io',
      code: 'io.read-failed',
    });
  });
});
