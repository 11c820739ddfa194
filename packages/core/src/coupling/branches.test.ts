import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import {
  analyse,
  convOn,
  drawWeights,
  dropChannels,
  engine,
  residualNet,
} from '../plan/analysed-net.case.ts';
import { listCuts } from '../plan/cuts.ts';
import { prepareLimits } from '../plan/limits.ts';
import { keepOf, makePlan } from '../plan/plan-document.ts';
import { cutModel } from '../surgery/cut-model.ts';
import { verifyCut } from '../verify/verify-cut.ts';
import { compatibleBranches } from './branches.ts';
import { keepAll } from './survivors.ts';

type Conv = ReturnType<typeof convOn>;

/** x → stem 8 → whatever `between` makes of it, 8 channels again → head 4, an output. */
function around(between: (g: GraphBuilder, conv: Conv, stem: string) => string, channels = 8): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const stem = g.node('Relu', [conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'stem')], {}, 'active');
  g.output(conv(between(g, conv, stem), channels, 4, 'head'), [1, 4, 8, 8]);
  return g.model();
}

/** The branch of a residual block: 8 → inner 6 → outer 8. */
const block = (conv: Conv, x: string, name: string): string => conv(conv(x, 8, 6, `${name}-in`), 6, 8, name);

async function branchesOf(model: Model) {
  const { traced, coupling } = await analyse(model);
  const name = (node: number): string => nodeId(traced.nodes[node]!);
  return coupling.branches.map(({ group, groups, readers, dead, flat, joints }) => ({
    root: name(coupling.groups[group]!.root),
    within: groups.map((id) => name(coupling.groups[id]!.root)),
    readers: readers.map(name),
    dead: [...dead].map(name).sort(),
    flat: [...flat],
    joints: joints.map(({ whole }) => whole),
  }));
}

const range = (length: number): readonly number[] => Array.from({ length }, (_, at) => at);

/** All branches that go together, gone. */
async function cutBranches(model: Model) {
  const { traced, coupling, costs } = await analyse(model);
  const scores = new Float64Array(coupling.classes.length);
  const wished = keepAll(coupling);
  for (const label of coupling.branches.flatMap(({ classes }) => classes)) wished[label] = 0;
  const keep = prepareLimits(traced, coupling, scores, { branches: true }).apply(wished);
  const cut = await cutModel(traced, coupling, keep, engine);
  const proof = await verifyCut(traced, coupling, keep, listCuts(traced, coupling, keep), cut, engine);
  return { cut, proof, cost: costs.totals(keep), left: (await analyse(cut)).costs.original };
}

const residual = around((g, conv, stem) => g.node('Add', [block(conv, stem, 'outer'), stem], {}, 'sum'));

const NETS: Readonly<Record<string, Model>> = {
  residual,
  'an activation behind the branch': around((g, conv, stem) => {
    const outer = block(conv, stem, 'outer');
    return g.node('Add', [g.node('Mul', [outer, g.node('Sigmoid', [outer])]), stem]);
  }),
  'a normalisation behind the branch': around((g, conv, stem) => {
    const vectors = ['gamma', 'beta', 'mean'].map((name) => g.constant(drawWeights(3)(8), name));
    const variance = g.constant({ dims: [8], data: new Float32Array(8).fill(0.7) }, 'variance');
    const normal = g.node('BatchNormalization', [block(conv, stem, 'outer'), ...vectors, variance]);
    return g.node('Add', [normal, stem]);
  }),
  'a bottleneck': around((g, conv, stem) => {
    const inner = conv(g.node('Relu', [conv(stem, 8, 5, 'first')]), 5, 6, 'second');
    return g.node('Add', [stem, conv(inner, 6, 8, 'outer')]);
  }),
  'squeeze and excitation': around((g, conv, stem) => {
    const squeezed = g.node('GlobalAveragePool', [stem]);
    const excited = g.node('Sigmoid', [
      conv(g.node('Relu', [conv(squeezed, 8, 3, 'squeeze')]), 3, 8, 'excite'),
    ]);
    return g.node('Mul', [stem, excited]);
  }),
  'squeeze and excitation behind the branch': around((g, conv, stem) => {
    const outer = block(conv, stem, 'outer');
    const point = (x: string, from: number, to: number, name: string) =>
      g.node('Conv', [x, g.constant(drawWeights(from)(to, from, 1, 1), `${name}.w`)], {}, name);
    const pooled = g.node('GlobalAveragePool', [outer]);
    const gate = g.node('Sigmoid', [point(g.node('Relu', [point(pooled, 8, 3, 'squeeze')]), 3, 8, 'excite')]);
    return g.node('Add', [g.node('Mul', [outer, gate]), stem]);
  }),
  'a concatenation': around(
    (g, conv, stem) =>
      g.node('Concat', [stem, conv(stem, 8, 5, 'left'), conv(stem, 8, 3, 'right')], { axis: 1 }),
    16,
  ),
  'blocks behind one another': around((g, conv, stem) => {
    const first = g.node('Relu', [g.node('Add', [block(conv, stem, 'one'), stem])]);
    return g.node('Add', [block(conv, first, 'two'), first]);
  }),
};

describe('findBranches', () => {
  it('finds the inner channels of a residual block, and what goes with them', async () => {
    expect(await branchesOf(residual)).toEqual([
      {
        root: 'outer-in_out',
        within: ['outer-in_out'],
        readers: ['outer_out'],
        dead: ['outer-in_out'],
        flat: [['outer_out', 1]],
        joints: [['active_out']],
      },
    ]);
  });

  it('takes along what leads to the branch alone', async () => {
    const [branch] = await branchesOf(NETS['a bottleneck']!);
    expect(branch).toMatchObject({
      root: 'second_out',
      within: ['first_out', 'second_out'],
      readers: ['outer_out'],
    });
  });

  it('follows what is made of the constant until it meets a whole value', async () => {
    const [branch] = await branchesOf(NETS['an activation behind the branch']!);
    expect(branch!.flat).toHaveLength(3);
    expect(branch!.joints).toEqual([['active_out']]);
  });

  it('finds slots of concatenations, which nothing reads alone', async () => {
    const found = await branchesOf(NETS['a concatenation']!);
    expect(found.map(({ root, readers, joints }) => [root, readers, joints])).toEqual([
      ['left_out', [], []],
      ['right_out', [], []],
    ]);
  });

  it.each<[string, Model]>([
    ['a chain without a way around', around((_, conv, stem) => block(conv, stem, 'outer'))],
    ['sums whose operands are all read elsewhere', residualNet()],
    [
      'a constant that is pooled',
      around((g, conv, stem) => {
        const pooled = g.node('MaxPool', [block(conv, stem, 'outer')], {
          kernel_shape: [3, 3],
          pads: [1, 1, 1, 1],
          strides: [1, 1],
        });
        return g.node('Add', [pooled, stem]);
      }),
    ],
    [
      'blocks of a grouped convolution',
      around((g, conv, stem) => {
        const grouped = conv(conv(stem, 8, 6, 'first'), 6, 6, 'grouped', 3);
        return g.node('Add', [conv(grouped, 6, 8, 'outer'), stem]);
      }),
    ],
  ])('finds none in %s', async (_, model) => {
    expect(await branchesOf(model)).toEqual([]);
  });
});

describe('compatibleBranches', () => {
  it('leaves a whole value at every node: of two branches without a way around the second stays', async () => {
    const both = around((g, conv, stem) => {
      return g.node('Add', [block(conv, stem, 'left'), block(conv, stem, 'right')]);
    });
    const { coupling } = await analyse(both);
    expect(coupling.branches).toHaveLength(2);
    expect(compatibleBranches(coupling.branches)).toEqual([coupling.branches[0]]);
    const { proof, cost, left } = await cutBranches(both);
    expect(proof.verdict).toBe('proven');
    expect(left).toEqual(cost);
  });

  it('lets several go where a third value stays', async () => {
    const three = around((g, conv, stem) => {
      return g.node('Sum', [block(conv, stem, 'left'), stem, block(conv, stem, 'right')]);
    });
    const { coupling } = await analyse(three);
    expect(compatibleBranches(coupling.branches)).toHaveLength(2);
    expect((await cutBranches(three)).proof.verdict).toBe('proven');
  });
});

describe('a cut without its branches', () => {
  it.each(Object.entries(NETS))('computes what the zeroed model does: %s', async (_, model) => {
    const { proof, cost, left } = await cutBranches(model);
    expect(proof).toMatchObject({ verdict: 'proven', runs: 1 });
    // What the cost model says is left is what a new look at the cut finds.
    expect(left).toEqual(cost);
  });

  it('puts a convolution of every channel with 1 in the place of the sum, with the bias of the branch', async () => {
    const { cut } = await cutBranches(residual);
    expect(cut.graph.nodes.map(({ opType, inputs }) => [opType, ...inputs.slice(1)])).toEqual([
      ['Conv', 'stem.w', 'stem.b'],
      ['Relu'],
      ['Conv', 'sum_out__scale', 'sum_out__shift'],
      ['Conv', 'head.w', 'head.b'],
    ]);
    const dims = Object.fromEntries(cut.graph.initializers.map((tensor) => [tensor.name, tensor.dims]));
    expect(dims).toMatchObject({ sum_out__scale: [8, 1, 1, 1], sum_out__shift: [8] });
    expect(Object.keys(dims)).toHaveLength(6);
  });

  it('adds what an activation makes of the bias', async () => {
    const { cut } = await cutBranches(NETS['an activation behind the branch']!);
    expect(cut.graph.nodes.map(({ opType }) => opType)).toContain('Add');
    expect(cut.graph.initializers.find(({ name }) => name === 'outer_out')?.dims).toEqual([1, 8, 1, 1]);
  });

  it('costs the same where a plan names the deciding group alone', async () => {
    const { traced, coupling, costs } = await analyse(NETS['a bottleneck']!);
    const keep = dropChannels(traced, coupling, { second_out: [0, 1, 2, 3, 4, 5] });
    const cut = await cutModel(traced, coupling, keep, engine);
    expect((await analyse(cut)).costs.original).toEqual(costs.totals(keep));
  });

  it('takes along what only several branches read together, and knows a plan that names it', async () => {
    const model = around((g, conv, stem) => {
      const shared = g.node('Relu', [conv(stem, 8, 6, 'shared')], {}, 'shared-active');
      const sum = g.node('Add', [conv(conv(shared, 6, 5, 'a-in'), 5, 8, 'a'), stem], {}, 'first-sum');
      return g.node('Add', [conv(conv(shared, 6, 4, 'b-in'), 4, 8, 'b'), sum], {}, 'second-sum');
    });
    const { traced, coupling, costs } = await analyse(model);
    const all = { 'a-in_out': range(5), 'b-in_out': range(4) };
    const keep = dropChannels(traced, coupling, all);
    const cut = await cutModel(traced, coupling, keep, engine);
    expect(cut.graph.nodes.map(nodeId)).not.toContain('shared_out');
    expect(costs.totals(keep)).toEqual((await analyse(cut)).costs.original);
    const named = dropChannels(traced, coupling, { ...all, shared_out: range(6) });
    expect([...keepOf(traced, coupling, makePlan(traced, coupling, named))]).toEqual([...named]);
    for (const mask of [keep, named]) {
      const made = await cutModel(traced, coupling, mask, engine);
      const cuts = listCuts(traced, coupling, mask);
      expect((await verifyCut(traced, coupling, mask, cuts, made, engine)).verdict).toBe('proven');
      expect(made.graph.nodes.map(({ opType }) => opType)).toEqual(
        cut.graph.nodes.map(({ opType }) => opType),
      );
    }
  });

  it('drops the slot of a concatenation', async () => {
    const { cut } = await cutBranches(NETS['a concatenation']!);
    const concat = cut.graph.nodes.find(({ opType }) => opType === 'Concat')!;
    expect(concat.inputs).toEqual(['active_out']);
  });
});
