import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import { convOn, engine } from '../plan/analysed-net.case.ts';
import { traceModel } from '../trace/trace.ts';
import { findFeatures, findHeads, findLogits } from './find-heads.ts';

type DrawConv = ReturnType<typeof convOn>;

/** A traced net behind an input [1, 3, 4, 4]; the values that come back are its outputs. */
function trace(
  draw: (g: GraphBuilder, x: string, conv: DrawConv) => readonly string[],
): Promise<TracedModel> {
  const g = new GraphBuilder();
  for (const value of draw(g, g.input('x', [1, 3, 4, 4]), convOn(g))) g.output(value);
  return traceModel(g.model(), engine);
}

/** A classifier of 5 classes up to its logits, [1, 5]. */
function classifier(g: GraphBuilder, x: string, conv: DrawConv): string {
  const body = g.node('Relu', [conv(x, 3, 4, 'body')]);
  const flat = g.node('Flatten', [g.node('GlobalAveragePool', [body])]);
  const weight = g.constant({ dims: [5, 4], data: new Float32Array(20).fill(0.1) });
  return g.node('Gemm', [flat, weight], { transB: 1 }, 'scores');
}

describe('findLogits', () => {
  it.each<[string, (g: GraphBuilder, logits: string) => string, string]>([
    ['the output itself', (_, logits) => logits, 'scores_out'],
    ['what a Softmax reads', (g, logits) => g.node('Softmax', [logits], { axis: 1 }), 'scores_out'],
    ['what a LogSoftmax reads', (g, logits) => g.node('LogSoftmax', [logits], { axis: 1 }), 'scores_out'],
    [
      'the same behind a Flatten and a Reshape',
      (g, logits) => {
        const probabilities = g.node('Softmax', [logits], { axis: 1 });
        return g.node('Reshape', [g.node('Flatten', [probabilities]), g.integers([1, 5, 1])]);
      },
      'scores_out',
    ],
    [
      'the reshaped logits that a Softmax reads',
      (g, logits) => {
        const rows = g.node('Reshape', [logits, g.integers([1, -1])], {}, 'rows');
        return g.node('Softmax', [rows], { axis: 1 });
      },
      'rows_out',
    ],
    [
      'an output without a Softmax, whatever it was moved by',
      (g, logits) => g.node('Reshape', [logits, g.integers([1, 5, 1])], {}, 'moved'),
      'moved_out',
    ],
    [
      'a sum of probabilities, which has no logits',
      (g, logits) => {
        const probabilities = g.node('Softmax', [logits], { axis: 1 });
        return g.node('Add', [probabilities, logits], {}, 'sum');
      },
      'sum_out',
    ],
  ])('%s', async (_, draw, wanted) => {
    const traced = await trace((g, x, conv) => [draw(g, classifier(g, x, conv))]);
    expect(findLogits(traced, traced.graph.outputs[0]!.name)).toBe(wanted);
  });

  it('a convolution behind an attention that ends in a Softmax', async () => {
    const traced = await trace((g, x, conv) => [conv(g.node('Softmax', [x], { axis: 1 }), 3, 2, 'last')]);
    expect(findLogits(traced, 'last_out')).toBe('last_out');
  });
});

describe('findHeads', () => {
  it('the last layer of a classifier, whatever reads it', async () => {
    const traced = await trace((g, x, conv) => [
      g.node('Softmax', [g.node('Reshape', [classifier(g, x, conv), g.integers([1, 5])])], { axis: 1 }),
    ]);
    expect(findHeads(traced)).toEqual(['scores_out']);
  });

  it('every scale of a detector, in the order of the graph, through sigmoids and joins', async () => {
    const traced = await trace((g, x, conv) => {
      const fine = g.node('Relu', [conv(x, 3, 4, 'fine')]);
      const coarse = g.node('MaxPool', [fine], { kernel_shape: [2, 2], strides: [2, 2] });
      const heads = [
        g.node('Reshape', [g.node('Sigmoid', [conv(fine, 4, 6, 'head-fine')]), g.integers([1, 6, 16])]),
        g.node('Reshape', [g.node('Sigmoid', [conv(coarse, 4, 6, 'head-coarse')]), g.integers([1, 6, 4])]),
      ];
      const joined = g.node('Concat', heads, { axis: 2 });
      return [g.node('Mul', [joined, g.scalar(8)])];
    });
    expect(findHeads(traced)).toEqual(['head-fine_out', 'head-coarse_out']);
  });

  it('none that averages a distribution of box sides: it decodes', async () => {
    const traced = await trace((g, x, conv) => {
      const body = g.node('Relu', [conv(x, 3, 4, 'body')]);
      const [boxes, classes] = [conv(body, 4, 16, 'boxes'), conv(body, 4, 2, 'classes')];
      const sides = g.node('Reshape', [boxes, g.integers([1, 4, 4, 16])]);
      const bins = g.node('Transpose', [sides], { perm: [0, 2, 1, 3] });
      const moved = g.node('Identity', [g.node('Softmax', [bins], { axis: 1 })]);
      const steps = g.constant({ dims: [1, 4, 1, 1], data: [0, 1, 2, 3] });
      const distances = g.node('Reshape', [
        g.node('Conv', [moved, steps], {}, 'expectation'),
        g.integers([1, 4, 16]),
      ]);
      const scores = g.node('Sigmoid', [g.node('Reshape', [classes, g.integers([1, 2, 16])])]);
      return [g.node('Concat', [distances, scores], { axis: 1 })];
    });
    expect(findHeads(traced)).toEqual(['boxes_out', 'classes_out']);
  });

  it('only on the ways to the outputs asked for', async () => {
    const traced = await trace((g, x, conv) => {
      const body = conv(x, 3, 4, 'body');
      return [conv(body, 4, 2, 'one'), g.node('Relu', [conv(body, 4, 3, 'other')])];
    });
    expect(findHeads(traced)).toEqual(['one_out', 'other_out']);
    expect(findHeads(traced, [traced.graph.outputs[1]!.name])).toEqual(['other_out']);
  });

  it('none in a net without weights', async () => {
    expect(findHeads(await trace((g, x) => [g.node('Relu', [x])]))).toEqual([]);
  });
});

describe('findFeatures', () => {
  it('finds what layers read once pictures have become small, each value once', async () => {
    const g = new GraphBuilder();
    const conv = (value: string, inputs: number, outputs: number, size: number, name: string): string => {
      const weight = {
        dims: [outputs, inputs, size, size],
        data: new Float32Array(outputs * inputs * size * size),
      };
      return g.node('Conv', [value, g.constant(weight)], { strides: [size, size] }, name);
    };
    const x = g.input('x', [1, 3, 16, 16]);
    const small = g.node('Relu', [conv(conv(x, 3, 4, 2, 'half'), 4, 4, 4, 'eighth')], {}, 'small');
    const [left, right] = [conv(small, 4, 2, 1, 'left'), conv(small, 4, 2, 1, 'right')];
    const both = g.node('Concat', [left, right], { axis: 1 }, 'both');
    g.output(conv(both, 4, 2, 1, 'head'));
    g.output(g.node('Relu', [left], {}, 'aside'));
    const traced = await traceModel(g.model(), engine);
    expect(findFeatures(traced, ['head_out'])).toEqual(['small_out', 'both_out']);
    expect(findFeatures(traced, ['left_out'])).toEqual(['small_out']);
  });
});
