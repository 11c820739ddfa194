import { describe, expect, it } from 'vitest';
import { resolveOptions, type TypedFlags } from '../options/resolve-options.ts';
import { adviseAfterCut, type FinishedCut, nothingWent } from './prune-advice.ts';

function estimate(value: number, spread = 1.05) {
  return { value, interval: [value / spread, value * spread] as [number, number] };
}

function cut(speedup: number, flags: TypedFlags = {}, width = 128, spread = 1.05): FinishedCut {
  const { values, sources } = resolveOptions(
    'prune',
    { macs: '0.6', output: 'small.onnx', ...flags },
    {},
    undefined,
  );
  const model = { iterations: 9, loadMs: 1, firstRunMs: 1, meanMs: 1, p90Ms: 1, p95Ms: 1, p99Ms: 1 };
  return {
    macs: 0.6,
    params: 0.7,
    removedChannels: 0.2,
    path: 'net.onnx',
    task: 'classify',
    output: 'small.onnx',
    options: values,
    sources,
    layers: [{ node: 'conv', channels: width, kept: 5 }],
    latency: {
      provider: 'cpu',
      models: [{ ...model, name: 'pruned', medianMs: estimate(3), speedup: estimate(speedup, spread) }],
      warnings: [],
    },
  };
}

describe('adviseAfterCut', () => {
  it('lets a gain speak for itself: next the model is evaluated, or trained where data are at hand', () => {
    expect(adviseAfterCut(cut(1.6))).toEqual({
      remarks: [],
      next: 'espalier eval small.onnx --reference net.onnx --data DATA',
    });
    expect(adviseAfterCut(cut(1.6, { data: 'images' })).next).toBe(
      'espalier finetune small.onnx --teacher net.onnx --data images',
    );
    const apart = { data: 'test', calibrationData: 'train', preprocess: 'mean=.5', limit: '100' };
    expect(adviseAfterCut(cut(1.6, apart)).next).toBe(
      'espalier finetune small.onnx --teacher net.onnx --data train --preprocess mean=.5',
    );
    expect(adviseAfterCut({ ...cut(1.6), output: undefined }).next).toBeNull();
  });

  it.each([
    [128, 16],
    [32, 8],
  ])('proposes widths that fill the kernels: layers of %i in multiples of %i', (width, block) => {
    const { remarks, next } = adviseAfterCut(cut(1.1, { ignore: ['head*'] }, width));
    expect(remarks).toEqual([
      `1.10x as fast is far below the 1.67x that the MACs promise: kernels work on blocks of channels, and widths in multiples of ${block} (--round-to ${block}) fill them.`,
    ]);
    expect(next).toBe(
      `espalier prune net.onnx --macs 0.6 --round-to ${block} --ignore 'head*' --output small.onnx --force`,
    );
  });

  it('does not propose what was done', () => {
    expect(adviseAfterCut(cut(1.1, { roundTo: '32' }))).toEqual({
      remarks: ['1.10x as fast is far below the 1.67x that the MACs promise.'],
      next: 'espalier eval small.onnx --reference net.onnx --data DATA',
    });
  });

  it('believes no disturbed measurement', () => {
    const { remarks } = adviseAfterCut(cut(1, {}, 128, 7));
    expect(remarks).toEqual([expect.stringContaining('too disturbed to tell the speed-up (0.14x to 7.00x)')]);
  });

  it('tells a detector that was scored by its weights alone of pictures, unless it was asked to be', () => {
    const remarksOn = (flags: TypedFlags) => adviseAfterCut({ ...cut(1.6, flags), task: 'detect' }).remarks;
    expect(remarksOn({})).toEqual([
      'Scores of weights alone give away channels that a detector cannot do without: --criterion fscl-active --data DATA looks at pictures too.',
    ]);
    expect(remarksOn({ data: 'images' })).toEqual([expect.stringContaining('fscl-active looks at pictures')]);
    expect(remarksOn({ criterion: 'fscl' })).toEqual([]);
    expect(remarksOn({ plan: 'plan.json' })).toEqual([]);
  });

  it('says that limits made the cut miss its target, and which they are', () => {
    const missed = { ...cut(1.6, { roundTo: '16', ignore: ['head*'] }), macs: 0.55 };
    expect(adviseAfterCut(missed).remarks[0]).toBe(
      "The target was missed: 55.0 % of the MACs are kept, not the 60.0 % of --macs 0.6. Cuts go by whole channels, within --round-to 16, --max-ratio 0.9 and --ignore 'head*'.",
    );
    const auto = { ...cut(1.6, { roundTo: 'auto' }), macs: 0.55, step: 16 };
    expect(adviseAfterCut(auto).remarks[0]).toContain(
      'within --round-to auto (here 16) and --max-ratio 0.9.',
    );
    expect(adviseAfterCut({ ...missed, macs: 0.595 }).remarks).toEqual([]);
    const planned = { ...missed, options: { ...missed.options, plan: 'plan.json' } };
    expect(adviseAfterCut(planned).remarks).toEqual([]);
  });
});

describe('nothingWent', () => {
  const nothing = { ...cut(1, { roundTo: 'auto' }), removedChannels: 0 };

  it('says that the steps of the device leave no cut, and what would', () => {
    expect(nothingWent({ ...nothing, step: 16 })).toMatchObject({
      ...{ kind: 'target', code: 'latency.no-cut' },
      message:
        'Nothing was cut: at widths in multiples of 16, the step of this device, the whole model comes nearest to the target.',
      hint: 'Cut more, or name a finer step such as --round-to 8.',
    });
    expect(nothingWent(nothing)).toMatchObject({ hint: 'Cut more.' });
  });

  it('has nothing to say where channels went, or the user chose what widths are multiples of', () => {
    expect(nothingWent(cut(1, { roundTo: 'auto' }))).toBeUndefined();
    expect(nothingWent({ ...cut(1, { roundTo: '16' }), removedChannels: 0 })).toBeUndefined();
  });
});
