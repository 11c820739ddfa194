// What was cut is lost, unless it can be told from what is left: then reconstruction restores the original exactly.
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { convOn, drawWeights, residualNet } from '../plan/analysed-net.case.ts';
import { layerCases } from './layers.case.ts';
import { reconstruct } from './reconstruct.ts';
import { cutTask, distanceOf, valuesOf, withWeights } from './recovery.case.ts';
import type { Recovery, RecoveryProgress, RecoveryTask } from './recovery.ts';

async function finish(work: AsyncGenerator<RecoveryProgress, Recovery>): Promise<Recovery> {
  let step = await work.next();
  while (!step.done) step = await work.next();
  return step.value;
}

/** How far the output is off, after the cut and after reconstruction with hardly any ridge. */
async function measure(task: RecoveryTask, output: string, dims: readonly number[], ridge = 1e-8) {
  const recovery = await finish(reconstruct(task, { ridge }));
  const wanted = await valuesOf(task.original.model, output, dims);
  return {
    recovery,
    cut: distanceOf(await valuesOf(task.pruned, output, dims), wanted),
    recovered: distanceOf(await valuesOf(recovery.model, output, dims), wanted),
  };
}

/** A first layer whose last channels are copies of its first ones: nothing is lost when they go. */
function repeatChannels(model: Model, channels: number, copies: number): Model {
  const copy = (data: Float32Array): Float32Array => {
    const size = data.length / channels;
    data.copyWithin((channels - copies) * size, 0, copies * size);
    return data;
  };
  return withWeights(withWeights(model, 'first.w', copy), 'first.b', copy);
}

const consumers = layerCases.filter(
  ({ x, op, attributes }) => x[1] === 4 && op !== 'MatMul' && attributes?.group === undefined,
);

describe('channels that others can stand in for', () => {
  it.each(consumers)('$op: $name', async ({ op, x, weight, bias = [], attributes = {} }) => {
    const dims = [4, 3, ...x.slice(2)];
    const draw = drawWeights(5);
    const g = new GraphBuilder();
    const pointwise = x.slice(2).map(() => 1);
    const first = g.node(
      'Conv',
      [g.input('x', dims), g.constant(draw(4, 3, ...pointwise), 'first.w'), g.constant(draw(4), 'first.b')],
      {},
      'first',
    );
    const constants = [g.constant(draw(...weight)), ...(bias.length > 0 ? [g.constant(draw(...bias))] : [])];
    g.output(g.node(op, [g.node('Relu', [first]), ...constants], attributes, 'fit'));
    const model = repeatChannels(g.model(), 4, 2);
    const { cut, recovered, recovery } = await measure(
      await cutTask(model, { first_out: [2, 3] }, dims),
      'fit_out',
      dims,
    );
    expect(cut).toBeGreaterThan(0.01);
    expect(recovered).toBeLessThan(1e-8);
    expect(recovery.layers).toMatchObject([{ node: 'fit_out', target: 'output' }]);
  });

  it('across a depthwise layer, in a grouped one and in a matrix', async () => {
    const dims = [4, 3, 6, 6];
    const draw = drawWeights(2);
    const g = new GraphBuilder();
    const conv = convOn(g, draw);
    const first = g.node('Relu', [conv(g.input('x', dims), 3, 8, 'first')]);
    const depthwise = conv(first, 8, 8, 'depthwise', 8);
    const grouped = conv(g.node('Relu', [depthwise]), 8, 6, 'grouped', 2);
    const flat = g.node('Flatten', [g.node('Relu', [grouped])]);
    g.output(g.node('Gemm', [flat, g.constant(draw(216, 5))], {}, 'head'));
    const copyPairs = (data: Float32Array): Float32Array => {
      const size = data.length / 8;
      for (const [to, from] of [
        [1, 0],
        [5, 4],
      ] as const) {
        data.copyWithin(to * size, from * size, (from + 1) * size);
      }
      return data;
    };
    const model = ['first.w', 'first.b', 'depthwise.w', 'depthwise.b'].reduce(
      (m, name) => withWeights(m, name, copyPairs),
      g.model(),
    );
    const task = await cutTask(model, { first_out: [1, 5], grouped_out: [0, 3] }, dims);
    const { recovery } = await measure(task, 'head_out', dims);
    expect(recovery.layers.map(({ node }) => node)).toEqual(['depthwise_out', 'grouped_out', 'head_out']);
    const [depth, group, head] = recovery.layers;
    expect(depth!.errorBefore).toBeLessThan(1e-6);
    expect(group!.errorBefore).toBeGreaterThan(0.01);
    expect(group!.errorAfter).toBeLessThan(1e-6);
    expect(head!.errorAfter).toBeLessThan(head!.errorBefore);
  });
});

describe('reconstruct', () => {
  const dims = [1, 3, 8, 8];

  it('comes nearer to the original where channels are really lost, and says so layer by layer', async () => {
    const task = await cutTask(residualNet(), { first_out: [1, 6], second_out: [0, 4, 5] }, dims);
    const { cut, recovered, recovery } = await measure(task, 'head_out', dims, 1e-3);
    expect(recovered).toBeLessThan(0.7 * cut);
    expect(recovery.skipped).toEqual([]);
    expect(recovery.layers.map(({ node, target }) => [node, target])).toEqual([
      ['second_out', 'output'],
      ['third_out', 'sum'],
      ['head_out', 'output'],
    ]);
    for (const { errorBefore, errorAfter, fit } of recovery.layers) {
      expect(errorAfter).toBeLessThan(errorBefore);
      expect(fit).toMatchObject({ method: 'cholesky', rows: 512 });
    }
  });

  it('lets the last branch of a sum make good for the shortcut', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g, drawWeights(3));
    const wide = g.node('Relu', [conv(g.input('x', dims), 3, 8, 'wide')]);
    // The shortcut reads channels that go; the branch reads the input, of which nothing is lost.
    const shortcut = conv(wide, 8, 6, 'shortcut');
    const branch = conv('x', 3, 6, 'branch');
    g.output(g.node('Add', [shortcut, branch], {}, 'sum'));
    const task = await cutTask(g.model(), { wide_out: [0, 1, 2, 3, 4] }, dims);
    const { recovery } = await measure(task, 'sum_out', dims);
    expect(recovery.layers.map(({ node, target }) => [node, target])).toEqual([
      ['shortcut_out', 'output'],
      ['branch_out', 'sum'],
    ]);
    expect(recovery.layers[1]!.errorAfter).toBeLessThan(recovery.layers[1]!.errorBefore);
  });

  it('is the same for the same seed, and leaves what nothing was cut from', async () => {
    const task = await cutTask(residualNet(), { second_out: [0] }, dims);
    const [a, b] = [await finish(reconstruct(task)), await finish(reconstruct(task))];
    expect(a.model).toEqual(b.model);
    expect(a.layers.map(({ node }) => node)).toEqual(['head_out']);
    const whole = await cutTask(residualNet(), {}, dims);
    const untouched = await finish(reconstruct(whole));
    expect(untouched.layers).toEqual([]);
    expect(untouched.model).toBe(whole.pruned);
  });

  it('works with BatchNormalization between a layer and its sum', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights(4);
    const conv = convOn(g, draw);
    const norm = (value: string, channels: number): string => {
      const vectors = [1, 2, 3].map(() => g.constant(draw(channels)));
      const variance = g.constant({ dims: [channels], data: new Float32Array(channels).fill(0.5) });
      return g.node('BatchNormalization', [value, ...vectors, variance]);
    };
    const first = g.node('Relu', [norm(conv(g.input('x', dims), 3, 6, 'first'), 6)]);
    const inner = g.node('Relu', [norm(conv(first, 6, 8, 'inner'), 8)]);
    const sum = g.node('Relu', [g.node('Add', [norm(conv(inner, 8, 6, 'back'), 6), first], {}, 'sum')]);
    g.output(conv(sum, 6, 4, 'head'));
    const task = await cutTask(g.model(), { inner_out: [0, 1, 2] }, dims);
    const { cut, recovered, recovery } = await measure(task, 'head_out', dims, 1e-3);
    expect(recovery.layers[0]).toMatchObject({ node: 'back_out', target: 'sum' });
    expect(recovered).toBeLessThan(0.5 * cut);
  });

  it('refuses a plan of another cut', async () => {
    const task = await cutTask(residualNet(), { first_out: [1] }, dims);
    const other = await cutTask(residualNet(), { first_out: [1, 2] }, dims);
    await expect(finish(reconstruct({ ...task, pruned: other.pruned }))).rejects.toMatchObject({
      code: 'recovery.other-cut',
      message: "The plan leaves 'first_out' the shape [1, 7, 8, 8], the pruned model has [1, 6, 8, 8].",
    });
  });

  it('stops when it is told to', async () => {
    const task = await cutTask(residualNet(), { first_out: [1] }, dims);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(finish(reconstruct({ ...task, signal }))).rejects.toThrow('enough');
  });
});
