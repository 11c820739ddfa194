import { beforeAll, describe, expect, it } from 'vitest';
import { type KeepMask, keepAll } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId, tracedShape } from '../graph/traced-model.ts';
import { elementCount } from '../onnx/tensor.ts';
import {
  analyse,
  branchedNet,
  convOn,
  drawWeights,
  dropChannels,
  engine,
} from '../plan/analysed-net.case.ts';
import { prepareLimits } from '../plan/limits.ts';
import { createRandom } from '../random.ts';
import { cutModel } from '../surgery/cut-model.ts';
import { traceModel } from '../trace/trace.ts';
import { divideForLatency, type LatencyParts } from './latency-parts.ts';
import { mixedNet } from './mixed-net.case.ts';

let net: Awaited<ReturnType<typeof analyse>>;
let parts: LatencyParts;
beforeAll(async () => {
  net = await analyse(mixedNet());
  parts = divideForLatency(net.traced, net.coupling, 4);
});

describe('the units of a model', () => {
  it('are its layers, each with the nodes that read nothing else and keep its shape', () => {
    const { nodes } = net.traced;
    expect(
      parts.units.map(({ name, input, tail }) => [
        name,
        input,
        tail.map((at) => nodes[at]!.opType).join(' '),
      ]),
    ).toEqual([
      ['stem_out', 'x', 'Relu'],
      ['depth_out', 'Relu_0_out', 'Sigmoid Mul'],
      ['inner_out', 'Mul_0_out', 'Relu'],
      ['back_out', 'Relu_1_out', ''],
      ['side_out', 'x', 'Relu'],
      ['logits_out', 'flat_out', ''],
    ]);
  });

  it('are of one kind where they differ in nothing but their widths', () => {
    const kinds = new Map(parts.units.map(({ name, kind }) => [name, kind]));
    expect(kinds.get('stem_out')).toBe('Conv 3x3 1 groups 1x*x8x8 pads=1,1,1,1 Relu');
    expect(kinds.get('side_out')).toBe(kinds.get('stem_out'));
    expect(kinds.get('inner_out')).toBe(kinds.get('stem_out'));
    expect(kinds.get('depth_out')).toBe('Conv 3x3 depthwise 1x*x8x8 pads=1,1,1,1 Sigmoid Mul');
    expect(kinds.get('back_out')).toBe('Conv 3x3 1 groups 1x*x8x8 pads=1,1,1,1');
    expect(kinds.get('logits_out')).toBe('Gemm 1 groups 1x*');
  });

  it('tell groups, strides and transposed convolutions apart', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights();
    const conv = convOn(g, draw);
    const wide = conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'wide');
    const blocks = conv(conv(wide, 8, 8, 'two', 2), 8, 8, 'four', 4);
    const strided = g.node('Conv', [blocks, g.constant(draw(8, 8, 3, 3))], { strides: [2, 2] }, 'strided');
    const plain = g.node('ConvTranspose', [strided, g.constant(draw(8, 8, 2, 2))], {}, 'plain');
    const grouped = { group: 2 };
    g.output(g.node('ConvTranspose', [plain, g.constant(draw(8, 4, 2, 2))], grouped, 'grouped'));
    const { traced, coupling } = await analyse(g.model());
    const kinds = divideForLatency(traced, coupling, 1).units.map(({ kind }) => kind);
    expect(kinds).toEqual([
      'Conv 3x3 1 groups 1x*x8x8 pads=1,1,1,1',
      'Conv 3x3 2 groups 1x*x8x8 pads=1,1,1,1',
      'Conv 3x3 4 groups 1x*x8x8 pads=1,1,1,1',
      'Conv 3x3 1 groups 1x*x8x8 strides=2,2',
      'ConvTranspose 2x2 1 groups 1x*x3x3',
      'ConvTranspose 2x2 2 groups 1x*x4x4',
    ]);
  });

  it('leave out products of two activations and operators that nobody knows', async () => {
    const g = new GraphBuilder({ domains: { 'com.microsoft': 1 } });
    const draw = drawWeights();
    const layer = (x: string, name: string) => g.node('MatMul', [x, g.constant(draw(6, 6))], {}, name);
    const x = g.input('x', [6, 6]);
    const gelu = g.node('com.microsoft::Gelu', [layer(x, 'a')]);
    g.output(g.node('MatMul', [gelu, layer(x, 'b')], {}, 'both'));
    const { traced, coupling } = await analyse(g.model());
    const { units } = divideForLatency(traced, coupling, 1);
    expect(units.map(({ name, tail }) => [name, tail.length])).toEqual([
      ['a_out', 0],
      ['b_out', 0],
    ]);
  });
});

describe('sizes', () => {
  /** The nodes of the network that lie in no unit, with the activations that they read and write. */
  const MOVED = [
    ['Relu_0_out', 'back_out', 'sum_out'],
    ['sum_out', 'Relu_2_out', 'joined_out'],
    ['joined_out', 'GlobalAveragePool_0_out'],
    ['GlobalAveragePool_0_out', 'flat_out'],
  ].flat();
  /** What units and the nodes outside of them hand to each other. */
  const BETWEEN = [...new Set([...MOVED, 'x', 'Mul_0_out', 'Relu_1_out', 'logits_out'])];

  /** The same from the shapes of the really cut model. */
  async function sizesOfCut(keep: KeepMask) {
    const cut = await traceModel(await cutModel(net.traced, net.coupling, keep, engine), engine);
    const names = new Set(cut.nodes.map(nodeId));
    expect(net.traced.nodes.map(nodeId).every((name) => names.has(name))).toBe(true);
    const channels = (value: string): number => tracedShape(cut, value)[1]!;
    const bytes = (values: readonly string[]): number =>
      values.reduce((sum, value) => sum + 4 * elementCount(tracedShape(cut, value)), 0);
    return {
      widths: parts.units.map(({ name, input }) => ({ inputs: channels(input), outputs: channels(name) })),
      movedBytes: bytes(MOVED),
      raggedBytes: bytes(BETWEEN.filter((value) => channels(value) % 4 !== 0)),
      bereftBytes: 0,
    };
  }

  it('of the whole model are those of its shapes', async () => {
    const sizes = parts.sizes(keepAll(net.coupling));
    expect(sizes).toEqual(await sizesOfCut(keepAll(net.coupling)));
    expect(sizes.widths[2]).toEqual({ inputs: 16, outputs: 12 });
    // The picture of 3 channels and the 5 logits.
    expect(sizes.raggedBytes).toBe(4 * (3 * 64 + 5));
  });

  it('of a choice are those of the really cut model', async () => {
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed);
      const scores = Float64Array.from(net.coupling.classes, () => random.next());
      const wished = keepAll(net.coupling).map(() => (random.next() < 0.5 ? 0 : 1));
      const keep = prepareLimits(net.traced, net.coupling, scores, {}).apply(wished);
      const sizes = parts.sizes(keep);
      expect(sizes).toEqual(await sizesOfCut(keep));
      expect(sizes.movedBytes).toBeLessThan(parts.sizes(keepAll(net.coupling)).movedBytes);
    }
  });

  it('of a model without a branch are those of what goes on without it, and where it came in', async () => {
    const { traced, coupling } = await analyse(branchedNet());
    const keep = dropChannels(traced, coupling, { inner_out: [0, 1, 2, 3, 4, 5] });
    const sizes = divideForLatency(traced, coupling, 4).sizes(keep);
    const map = 4 * 8 * 64;
    expect(sizes.widths).toEqual([
      { inputs: 3, outputs: 8 },
      { inputs: 8, outputs: 0 },
      { inputs: 0, outputs: 8 },
      { inputs: 8, outputs: 4 },
    ]);
    // The sum reads the stem and writes; what the branch would add is no map any more.
    expect(sizes.movedBytes).toBe(2 * map);
    expect(sizes.bereftBytes).toBe(2 * map);
  });

  it('find nothing ragged on a device without steps', () => {
    const flat = divideForLatency(net.traced, net.coupling, 1);
    expect(flat.sizes(keepAll(net.coupling)).raggedBytes).toBe(0);
  });
});
