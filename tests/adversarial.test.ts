// Small nets that break pruners: channels in the batch axis, values read twice, reversed and strided channels, weights used at two widths.
// Each states how many of its channels can go, is cut to two targets and proven.
import {
  type AttributeValues,
  analyseCoupling,
  choosePlan,
  computeImportance,
  createCostModel,
  createRandom,
  cutModel,
  float32ToFloat16,
  GraphBuilder,
  listCuts,
  traceModel,
  verifyCut,
  weightsOf,
} from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';

/** A builder with the few layers these nets are made of. */
class Net {
  readonly g = new GraphBuilder({ opset: 13 });
  readonly #random = createRandom(4);

  weight(dims: readonly number[]): string {
    const fanIn = dims.slice(1).reduce((a, b) => a * b, 1);
    const count = dims.reduce((a, b) => a * b, 1);
    const scale = Math.sqrt(2 / fanIn);
    const data = Float32Array.from({ length: count }, () => this.#random.normal() * scale);
    return this.g.constant({ dims, data });
  }

  half(dims: readonly number[]): string {
    const count = dims.reduce((a, b) => a * b, 1);
    const data = float32ToFloat16(Float32Array.from({ length: count }, () => this.#random.normal() * 0.2));
    return this.g.constant({ type: 'float16', dims, data });
  }

  picture(batch: number | string = 1): string {
    return this.g.input('x', [batch, 3, 8, 8]);
  }

  op(type: string, inputs: readonly string[], attributes: AttributeValues = {}): string {
    return this.g.node(type, inputs, attributes);
  }

  conv(x: string, from: number, to: number, side = 3): string {
    const pad = (side - 1) / 2;
    return this.filter(x, this.weight([to, from, side, side]), pad);
  }

  filter(x: string, weight: string, pad = 1): string {
    return this.op('Conv', [x, weight], { pads: [pad, pad, pad, pad] });
  }

  reshape(x: string, dims: readonly number[]): string {
    return this.op('Reshape', [x, this.g.integers(dims)]);
  }

  slice(x: string, start: number, end: number, axis: number, step: number): string {
    return this.op('Slice', [x, ...[start, end, axis, step].map((value) => this.g.integers([value]))]);
  }

  classify(x: string, channels: number): void {
    const features = this.op('Flatten', [this.op('GlobalAveragePool', [x])]);
    this.g.output(this.op('Gemm', [features, this.weight([channels, 5])]));
  }
}

interface Case {
  readonly build: (net: Net) => void;
  /** Channels that can go, of those the weights make. */
  readonly free: readonly [number, number];
  /** Targets out of reach. */
  readonly unreachable?: readonly number[];
}

const cases: Readonly<Record<string, Case>> = {
  'channels folded into the batch and back': {
    free: [36, 41],
    build: (net) => {
      const folded = net.reshape(net.conv(net.picture('N'), 3, 16), [-1, 8, 8, 8]);
      const back = net.reshape(net.conv(folded, 8, 8), [-1, 16, 8, 8]);
      net.classify(net.conv(back, 16, 12), 12);
    },
  },
  'a vector unfolded into maps': {
    free: [146, 149],
    build: (net) => {
      const seed = net.g.input('x', ['N', 20]);
      const maps = net.reshape(
        net.op('Gemm', [seed, net.weight([20, 128]), net.weight([128])]),
        [-1, 8, 4, 4],
      );
      const wide = net.op('ConvTranspose', [net.conv(maps, 8, 12), net.weight([12, 6, 2, 2])], {
        strides: [2, 2],
      });
      net.g.output(net.conv(wide, 6, 3));
    },
  },
  'a value concatenated with itself': {
    free: [20, 25],
    build: (net) => {
      const a = net.conv(net.picture(), 3, 8);
      net.classify(net.conv(net.op('Concat', [a, net.op('Relu', [a])], { axis: 1 }), 16, 12), 12);
    },
  },
  'a mean over part of the channels': {
    free: [28, 33],
    build: (net) => {
      const parts = net.reshape(net.conv(net.picture(), 3, 16), [1, 4, 4, 8, 8]);
      net.classify(net.conv(net.op('ReduceMean', [parts], { axes: [2], keepdims: 0 }), 4, 12), 12);
    },
  },
  'one half of the channels gates the other': {
    free: [28, 33],
    build: (net) => {
      const [a, b] = net.g.nodes('Split', [net.conv(net.picture(), 3, 16)], { axis: 1 }, 2) as [
        string,
        string,
      ];
      net.classify(net.conv(net.op('Mul', [a, net.op('Sigmoid', [b])]), 8, 12), 12);
    },
  },
  'one weight used twice in a row': {
    free: [36, 41],
    build: (net) => {
      const weight = net.weight([8, 8, 3, 3]);
      const once = net.filter(net.conv(net.picture(), 3, 8), weight);
      net.classify(net.conv(net.filter(net.op('Relu', [once]), weight), 8, 12), 12);
    },
  },
  'one weight used at two places that are cut differently': {
    free: [52, 57],
    build: (net) => {
      const x = net.picture();
      const weight = net.weight([12, 8, 3, 3]);
      const branches = [0, 1].map(() => net.filter(net.conv(x, 3, 8), weight));
      net.classify(net.conv(net.op('Concat', branches, { axis: 1 }), 24, 12), 12);
    },
  },
  'channels added to themselves in reverse': {
    free: [28, 33],
    build: (net) => {
      const a = net.conv(net.picture(), 3, 16);
      net.classify(net.conv(net.op('Add', [a, net.slice(a, -1, -100, 1, -1)]), 16, 12), 12);
    },
  },
  'odd and even channels read apart': {
    free: [40, 45],
    build: (net) => {
      const a = net.conv(net.picture(), 3, 16);
      const [even, odd] = [0, 1].map((start) => net.conv(net.slice(a, start, 1000, 1, 2), 8, 12));
      net.classify(net.op('Add', [even!, odd!]), 12);
    },
  },
  'attention over positions': {
    free: [12, 41],
    unreachable: [0.5],
    build: (net) => {
      const parts = net.g.nodes('Split', [net.conv(net.picture(), 3, 24, 1)], { axis: 1 }, 3);
      const [q, k, v] = parts.map((part) => net.reshape(part, [1, 2, 4, 64])) as [string, string, string];
      const scores = net.op('MatMul', [net.op('Transpose', [q], { perm: [0, 1, 3, 2] }), k]);
      const weights = net.op('Transpose', [net.op('Softmax', [scores], { axis: -1 })], {
        perm: [0, 1, 3, 2],
      });
      net.classify(net.conv(net.reshape(net.op('MatMul', [v, weights]), [1, 8, 8, 8]), 8, 12), 12);
    },
  },
  'pixels to channels and back': {
    free: [52, 57],
    build: (net) => {
      const deep = net.op('SpaceToDepth', [net.conv(net.picture(), 3, 8)], { blocksize: 2 });
      net.classify(net.conv(net.op('DepthToSpace', [net.conv(deep, 32, 32)], { blocksize: 2 }), 8, 12), 12);
    },
  },
  'half precision throughout': {
    free: [28, 33],
    build: (net) => {
      const x = net.g.input('x', ['N', 3, 8, 8], 'float16');
      const a = net.op('Relu', [net.filter(x, net.half([16, 3, 3, 3]))]);
      const b = net.op('Relu', [net.filter(a, net.half([12, 16, 3, 3]))]);
      const features = net.op('Flatten', [net.op('GlobalAveragePool', [b])]);
      net.g.output(net.op('Gemm', [features, net.half([12, 5])]), undefined, 'float16');
    },
  },
};

describe.each(Object.entries(cases))('%s', (_, { build, free, unreachable = [] }) => {
  it('is followed, cut and proven', async () => {
    const net = new Net();
    build(net);
    const engine = createOrtEngine();
    const traced = await traceModel(net.g.model(), engine);
    const coupling = analyseCoupling(traced);
    const made = coupling.uses.flatMap((use) =>
      use.role === 'produce' && use.kernel ? [...use.labels] : [],
    );
    const canGo = made.filter((label) => label >= 0 && coupling.classes[label]!.frozen < 0);
    expect([canGo.length, made.length]).toEqual(free);

    const costs = createCostModel(traced, coupling);
    const scores = await computeImportance(coupling, weightsOf(traced), 'fscl');
    for (const macs of [0.8, 0.5]) {
      const choose = () => choosePlan(traced, coupling, costs, scores, { macs });
      if (unreachable.includes(macs)) {
        expect(choose).toThrow(expect.objectContaining({ code: 'plan.unreachable' }));
        continue;
      }
      const { keep } = choose();
      const pruned = await cutModel(traced, coupling, keep, engine);
      const cuts = listCuts(traced, coupling, keep);
      const { verdict, firstFailure } = await verifyCut(traced, coupling, keep, cuts, pruned, engine);
      expect({ verdict, firstFailure }).toEqual({ verdict: 'proven', firstFailure: undefined });
    }
  });
});
