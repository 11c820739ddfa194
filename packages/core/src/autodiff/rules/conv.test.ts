// Every formulation of a convolution against central differences; the channel-blocked ones where the runtime has that layout.
import { createOrtEngine } from '@espalier/node';
import { describe } from 'vitest';
import type { AttributeValues } from '../../graph/attribute-value.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { toFloat32 } from '../../onnx/tensor.ts';
import type { ConvolutionChoice, ConvolutionChoices } from '../convolution-choices.ts';
import { Emitter } from '../emitter.ts';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';
import { fromBlocked, toBlocked } from './blocked-layout.ts';

const conv = (
  dims: readonly number[],
  weight: readonly number[],
  attributes: AttributeValues = {},
  more: Partial<GradientCase> = {},
): GradientCase => ({
  inputs: [dims],
  draw: (p, [x]) => p.op('Conv', [x!, p.weight(...weight), p.weight(weight[0]!)], attributes),
  ...more,
});
const same = { pads: [1, 1, 1, 1] };
const always = (block: number, choice: ConvolutionChoice): ConvolutionChoices => ({
  block,
  choose: () => choice,
});

describe('what every runtime can run', () => {
  describeGradient('1×1', conv([2, 3, 2, 3], [4, 3, 1, 1]));
  describeGradient('1×1 with pads', conv([1, 2, 2, 3], [2, 2, 1, 1], same));
  describeGradient('1×1/2', conv([2, 3, 4, 3], [2, 3, 1, 1], { strides: [2, 2] }));
  describeGradient('3×3', conv([2, 2, 3, 4], [3, 2, 3, 3], same));
  describeGradient('3×3 without pads', conv([1, 2, 4, 5], [3, 2, 3, 3]));
  describeGradient('3×2 with uneven pads', conv([1, 2, 3, 4], [2, 2, 3, 2], { pads: [2, 0, 1, 1] }));
  describeGradient('3×3/2', conv([1, 2, 5, 6], [3, 2, 3, 3], { ...same, strides: [2, 2] }));
  describeGradient('3×3/2×1', conv([1, 2, 5, 4], [2, 2, 3, 3], { ...same, strides: [2, 1] }));
  describeGradient(
    '3×3/3, whose last rows are never read',
    conv([1, 2, 5, 7], [2, 2, 3, 3], { strides: [3, 3] }),
  );
  describeGradient('dilated', conv([1, 2, 5, 5], [2, 2, 3, 3], { dilations: [2, 2], pads: [2, 1, 2, 2] }));
  describeGradient(
    'dilated with strides',
    conv([1, 1, 6, 7], [2, 1, 2, 3], { dilations: [2, 2], strides: [2, 2] }),
  );
  describeGradient('grouped', conv([2, 4, 3, 3], [6, 2, 3, 3], { ...same, group: 2 }));
  describeGradient(
    'grouped with strides',
    conv([1, 4, 4, 4], [4, 2, 3, 3], { ...same, group: 2, strides: [2, 2] }),
  );
  describeGradient('depthwise', conv([2, 3, 3, 4], [3, 1, 3, 3], { ...same, group: 3 }));
  describeGradient(
    'depthwise with strides',
    conv([1, 3, 5, 5], [3, 1, 3, 3], { ...same, group: 3, strides: [2, 2] }),
  );
  describeGradient('depthwise, two outputs each', conv([1, 2, 3, 3], [4, 1, 3, 3], { ...same, group: 2 }));
  describeGradient(
    'SAME_UPPER',
    conv([1, 2, 5, 4], [2, 2, 3, 2], { auto_pad: 'SAME_UPPER', strides: [2, 1] }),
  );
  describeGradient(
    'SAME_LOWER',
    conv([1, 2, 5, 4], [2, 2, 3, 2], { auto_pad: 'SAME_LOWER', strides: [2, 1] }),
  );
  describeGradient('VALID', conv([1, 2, 4, 4], [2, 2, 3, 3], { auto_pad: 'VALID' }));
  describeGradient('along one axis', conv([2, 2, 5], [3, 2, 3], { pads: [1, 1], strides: [2] }));
  describeGradient('along one axis, no strides', conv([2, 2, 5], [3, 2, 3], { pads: [1, 1] }));
  describeGradient('of volumes', conv([1, 2, 3, 3, 2], [2, 2, 2, 2, 2], { pads: [1, 0, 0, 0, 1, 1] }));
  describeGradient(
    '3×3/2 at opset 8',
    conv([1, 2, 3, 4], [2, 2, 3, 3], { ...same, strides: [2, 2] }, { opset: 8 }),
  );
});

describe('weight gradients in rows', () => {
  const rows = always(0, { forward: 'plain', input: 'transposed', weight: 'rows' });
  const cases: readonly (readonly [string, ...Parameters<typeof conv>])[] = [
    ['1×1', [2, 3, 2, 3], [4, 3, 1, 1]],
    ['3×3', [2, 2, 3, 4], [3, 2, 3, 3], same],
    ['3×3 without pads', [2, 2, 4, 5], [3, 2, 3, 3]],
    ['3×2 with uneven pads', [2, 2, 3, 4], [2, 2, 3, 2], { pads: [2, 0, 1, 1] }],
    ['dilated', [1, 2, 5, 5], [2, 2, 3, 3], { dilations: [2, 2], pads: [2, 1, 2, 2] }],
  ];
  for (const [name, ...rest] of cases) {
    const stated = conv(...rest);
    describeGradient(name, { ...stated, choices: rows });
  }
});

/** Channels per block of this runtime's blocked layout: the only size that comes back as it went in and runs. */
async function probeBlock(): Promise<number> {
  const engine = createOrtEngine();
  for (const block of [16, 8]) {
    const g = new GraphBuilder({ domains: { 'com.microsoft.nchwc': 1 } });
    const emit = new Emitter(g, { opset: 17 });
    const dims = [1, block, 1, 1];
    const x = g.input('x', dims);
    const eye = Float32Array.from({ length: block * block }, (_, i) => Number(i % (block + 1) === 0));
    const filter = emit.constant({ type: 'float32', dims: [block, block, 1, 1], data: eye });
    const window = { kernel_shape: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], group: 1 };
    const y = emit.op('com.microsoft.nchwc::Conv', [toBlocked(emit, x, dims), filter], {
      ...window,
      auto_pad: 'NOTSET',
    });
    g.output(fromBlocked(emit, y, block));
    const data = Float32Array.from({ length: block }, (_, i) => i + 1);
    const session = await engine.load(g.model()).catch(() => undefined);
    if (!session) continue;
    const results = await session.run({ x: { type: 'float32', dims, data } }).catch(() => undefined);
    await session.close();
    const found = results && toFloat32(Object.values(results)[0]!);
    if (found?.every((value, i) => value === data[i])) return block;
  }
  return 0;
}

const block = await probeBlock();
const channels = block === 0 ? [] : [3, 5, 16, 20, 24, 48];

describe.skipIf(block === 0)('channel-blocked (skipped where the runtime has no such layout)', () => {
  const choices = always(block, { forward: 'blocked', input: 'blocked', weight: 'images' });
  const blocked = (
    name: string,
    dims: readonly number[],
    weight: readonly number[],
    attributes: AttributeValues = {},
  ): void => describeGradient(name, conv(dims, weight, attributes, { choices }));
  for (const count of channels) {
    blocked(`1 to ${count}`, [1, 1, 3, 3], [count, 1, 2, 2]);
    blocked(`${count} to 2`, [1, count, 2, 3], [2, count, 1, 2]);
    if (count < 48) blocked(`${count} to ${count}, 1×1`, [1, count, 1, 2], [count, count, 1, 1]);
    blocked(`${count} depthwise`, [1, count, 2, 3], [count, 1, 2, 2], { group: count, pads: [1, 0, 0, 1] });
  }
  blocked('3×3', [2, 3, 3, 4], [5, 3, 3, 3], same);
  blocked('3×3/2', [1, 5, 5, 6], [3, 5, 3, 3], { ...same, strides: [2, 2] });
  blocked('3×3/2 of even sizes', [1, 3, 6, 4], [5, 3, 3, 3], { ...same, strides: [2, 2] });
  blocked('1×1 with pads', [1, 20, 2, 3], [3, 20, 1, 1], same);
  blocked('1×1/2', [1, 20, 4, 3], [3, 20, 1, 1], { strides: [2, 2] });
  blocked('dilated', [1, 3, 5, 5], [2, 3, 3, 3], { dilations: [2, 2], pads: [2, 2, 2, 2] });
  blocked('depthwise with strides', [1, 5, 5, 5], [5, 1, 3, 3], { ...same, group: 5, strides: [2, 2] });
  blocked('depthwise, dilated', [1, 3, 4, 5], [3, 1, 2, 3], {
    dilations: [2, 1],
    group: 3,
    pads: [1, 1, 1, 1],
  });
});
