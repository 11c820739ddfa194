// The sweep back: what it refuses, what it leaves out, and what it adds up.
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { EspalierError } from '../errors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import { traceModel } from '../trace/trace.ts';
import { plainChoices } from './convolution-choices.ts';
import { checkDifferentiable, differentiate, writeForward } from './differentiate.ts';
import { Emitter } from './emitter.ts';

const engine = createOrtEngine();

/** A traced model of one input `x` of dims [2, 3]. */
function trace(draw: (g: GraphBuilder, x: string) => string, opset = 17): Promise<TracedModel> {
  const g = new GraphBuilder({ opset });
  g.output(draw(g, g.input('x', [2, 3])));
  return traceModel(g.model(), engine);
}

const weight = (g: GraphBuilder, ...dims: readonly number[]): string =>
  g.constant(
    { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5) },
    `w${dims.join('x')}`,
  );

const outputOf = (traced: TracedModel): string => traced.graph.outputs[0]!.name;

function problemOf(traced: TracedModel, wrt: readonly string[]): EspalierError | undefined {
  try {
    checkDifferentiable(traced, [outputOf(traced)], new Set(wrt));
  } catch (error) {
    if (error instanceof EspalierError) return error;
    throw error;
  }
  return undefined;
}

describe('checkDifferentiable', () => {
  const cumulative = (g: GraphBuilder, x: string): string =>
    g.node('CumSum', [
      g.node('MatMul', [x, weight(g, 3, 3)]),
      g.constant({ dims: [], data: Int32Array.of(1) }),
    ]);

  it('names the first node without a rule, its operator and a way out', async () => {
    const problem = problemOf(await trace(cumulative), ['w3x3']);
    expect(problem).toMatchObject({ kind: 'model', code: 'autodiff.no-rule' });
    expect(problem?.message).toContain("'CumSum_0_out': the CumSum is an operator without one");
    expect(problem?.hint).toContain('--freeze');
  });

  it('does not mind what lies before all parameters', async () => {
    const traced = await trace((g, x) =>
      g.node('MatMul', [
        g.node('CumSum', [x, g.constant({ dims: [], data: Int32Array.of(1) })]),
        weight(g, 3, 3),
      ]),
    );
    expect(problemOf(traced, ['w3x3'])).toBeUndefined();
    expect(problemOf(traced, ['x', 'w3x3'])?.code).toBe('autodiff.no-rule');
  });

  it('does not mind what lies behind an operator that no gradient passes', async () => {
    const traced = await trace((g, x) => {
      const y = g.node('MatMul', [x, weight(g, 3, 3)]);
      const mask = g.node('Cast', [g.node('Greater', [y, g.scalar(0)])], { to: 1 });
      return g.node('CumSum', [mask, g.constant({ dims: [], data: Int32Array.of(1) })]);
    });
    expect(problemOf(traced, ['w3x3'])).toBeUndefined();
  });

  it.each<[string, string, (g: GraphBuilder, x: string) => string]>([
    ['a cast to half precision', 'converts to data type 10', (g, x) => g.node('Cast', [x], { to: 10 })],
    [
      'indices of the data',
      'picks by indices that depend on the data',
      (g, x) => g.node('Gather', [x, g.node('ArgMax', [x], { axis: 0, keepdims: 0 })], { axis: 1 }),
    ],
    [
      'a crop',
      'crops as it resizes',
      (g, x) => {
        const region = g.constant({ dims: [8], data: [0, 0, 0, 0, 1, 1, 1, 1] });
        const image = g.node('Reshape', [x, g.integers([1, 1, 2, 3])]);
        const mode = { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' };
        return g.node('Resize', [image, region, '', g.integers([1, 1, 4, 6])], mode);
      },
    ],
  ])('refuses %s', async (_, phrase, draw) => {
    const problem = problemOf(await trace(draw), ['x']);
    expect(problem?.code).toBe('autodiff.no-rule');
    expect(problem?.message).toContain(phrase);
  });
});

describe('differentiate', () => {
  const run = async (traced: TracedModel, wrt: readonly string[]) => {
    const g = new GraphBuilder({ opset: traced.opset });
    g.reserve(traced.nodes.flatMap((node) => node.outputs));
    const given = new Map([['x', g.input('x', [2, 3])]]);
    const emit = new Emitter(g, { opset: traced.opset });
    const forward = writeForward({ traced, emit, choices: plainChoices, targets: [outputOf(traced)], given });
    const ones = g.constant({ dims: [2, 3], data: [1, 1, 1, 1, 1, 1] });
    const gradients = differentiate(forward, new Map([[outputOf(traced), ones]]), new Set(wrt));
    const names = new Map([...gradients].map(([name, value]) => [name, g.node('Identity', [value])]));
    for (const value of names.values()) g.output(value);
    const session = await engine.load(g.model());
    const data = Float32Array.of(1, -2, 3, -4, 5, -6);
    const results = await session.run({ x: { type: 'float32', dims: [2, 3], data } });
    await session.close();
    return new Map([...names].map(([name, value]) => [name, [...results[value]!.data]]));
  };

  it('adds up the ways a value reaches the loss', async () => {
    const traced = await trace((g, x) => g.node('Add', [g.node('Mul', [x, x]), g.node('Relu', [x])]));
    expect((await run(traced, ['x'])).get('x')).toEqual([3, -4, 7, -8, 11, -12]);
  });

  it('has no gradient for what the loss does not depend on', async () => {
    const traced = await trace((g, x) => {
      g.node('MatMul', [x, weight(g, 3, 3)]);
      return g.node('Exp', [x]);
    });
    expect([...(await run(traced, ['x', 'w3x3'])).keys()]).toEqual(['x']);
  });

  it('spells out shape arithmetic', async () => {
    const traced = await trace((g, x) => {
      const turned = g.node('Transpose', [x], { perm: [1, 0] });
      return g.node('Reshape', [g.node('Mul', [turned, g.scalar(2)]), g.node('Shape', [x])]);
    });
    expect((await run(traced, ['x'])).get('x')).toEqual([2, 2, 2, 2, 2, 2]);
  });
});
