import { resolve } from 'node:path';
import type { ModelFile } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { resolveOptions, type TypedFlags } from '../options/resolve-options.ts';
import { createTerminal } from '../output/terminal.ts';
import { readAim, settleSearch } from './search-settings.ts';

const silent = { write: () => true };
const terminal = createTerminal({
  ...{ stdout: silent, stderr: silent, environment: {}, quiet: true, now: () => 0 },
});
const file = { path: 'net.onnx', sha256: 'abc', bytes: 1 } as ModelFile;

function settle({ target = 'macs=0.5', ...flags }: TypedFlags = {}) {
  const given = { ...(flags.layerRates === undefined && { target }), data: 'images', ...flags };
  const { values, sources } = resolveOptions('run', given, {}, undefined);
  const { signal } = new AbortController();
  const context = { arguments: ['net.onnx'], options: values, sources, config: undefined, terminal, signal };
  return settleSearch(context, readAim(context), file);
}

describe('settleSearch', () => {
  it('asks for what the flags say, and leaves the rest to the search', async () => {
    const search = await settle({
      maxDrop: '2%',
      rates: ['0.5'],
      probeLimit: '100',
      time: '2m',
      stepShare: '0.3',
      maxClassDrop: '5%',
      scoreBy: ['latency'],
    });
    expect(search).toMatchObject({
      ...{
        model: 'net.onnx',
        strategy: 'iterative',
        maxDrop: 0.02,
        maxClassDrop: 0.05,
        scoreBy: ['latency'],
        confidence: 0.9,
        stepShare: 0.3,
        seconds: 120,
      },
      sensitivity: { mode: 'fast', precision: 0.02, rates: [0.5], limit: 100, refine: 1 },
      recovery: { method: 'reconstruct', epochs: 1 },
    });
    const plain = await settle();
    expect(plain.scoring).not.toHaveProperty('criterion');
    for (const name of ['stepShare', 'seconds', 'maxClassDrop', 'scoreBy'])
      expect(plain).not.toHaveProperty(name);
  });

  it('takes what a paper does from a preset, unless it is said otherwise', async () => {
    const preset = await settle({ preset: 'fscl' });
    expect([preset.strategy, preset.scoring?.criterion, preset.recovery?.method]).toEqual([
      ...['one-shot', 'fscl', 'finetune'],
    ]);
    const other = await settle({ preset: 'concat-iterative', criterion: 'l1', recover: 'none' });
    expect([other.strategy, other.scoring?.criterion, other.recovery?.method]).toEqual([
      'iterative',
      'l1',
      'none',
    ]);
    // Saying what is the default is saying it too.
    expect((await settle({ preset: 'fscl', strategy: 'iterative' })).strategy).toBe('iterative');
  });

  it('takes a table of rates for a target and a strategy', async () => {
    const rates = { layerRates: '[0]+[.4]*2' };
    const table = await settle(rates);
    expect(table).toMatchObject({ strategy: 'layer-rates', layerRates: [0, 0.4, 0.4] });
    expect(table).not.toHaveProperty('target');
    expect((await settle({ ...rates, strategy: 'layer-rates', preset: 'fscl' })).strategy).toBe(
      'layer-rates',
    );
    expect(table.settings).toMatchObject(rates);
  });

  it('remembers what changes the result, by model hash and whole paths, and nothing else', async () => {
    const free = {
      threads: '2',
      workers: '3',
      time: '5s',
      iterations: '3',
      output: 'x.onnx',
      force: true,
      runDir: 'a',
    };
    const { settings } = await settle();
    expect((await settle(free)).settings).toEqual(settings);
    expect(settings).toMatchObject({ model: 'abc', data: resolve('images'), maxDrop: '1%', seed: 0 });
    expect((await settle({ seed: '1' })).settings).not.toEqual(settings);
  });

  it('runs on one thread where the result is to be the same everywhere', async () => {
    expect((await settle({ threads: '4' })).load).toMatchObject({ threads: 4 });
    expect((await settle({ deterministic: true })).load).toMatchObject({ threads: 1 });
  });
});

describe('readAim', () => {
  const aim = (flags: TypedFlags) => {
    const { values, sources } = resolveOptions('run', flags, {}, undefined);
    return readAim({ options: values, sources });
  };

  it('is a target or a table', () => {
    expect(aim({ target: 'params=0.3' })).toEqual({ target: { measure: 'params', kept: 0.3 } });
    expect(aim({ layerRates: 'a=0.5', strategy: 'layer-rates' })).toEqual({ layerRates: { a: 0.5 } });
  });

  it.each<[TypedFlags, string, string]>([
    [{}, 'run.bad-target', 'Nothing says where the run should end.'],
    [{ strategy: 'layer-rates' }, 'run.layer-rates', 'The strategy layer-rates needs a table of rates.'],
    [
      { layerRates: '[.5]', target: 'macs=0.5' },
      'run.layer-rates',
      '--layer-rates and --target macs=0.5 cannot both say how much is cut.',
    ],
    [
      { layerRates: '[.5]', strategy: 'iterative' },
      'run.layer-rates',
      '--layer-rates does not go with --strategy iterative.',
    ],
    [{ layerRates: 'half' }, 'run.layer-rates', "'half' is no table of layer rates."],
  ])('refuses %j', (flags, code, message) => {
    expect(() => aim(flags)).toThrow(expect.objectContaining({ code, message }));
  });
});
