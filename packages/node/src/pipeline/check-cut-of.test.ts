import { GraphBuilder, type Model } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { checkCutOf } from './check-cut-of.ts';

type Dims = (number | string)[];

/** A Relu; its output is called `act_out`. */
function model(input: string, inputDims: Dims, outputDims: Dims): Model {
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.input(input, inputDims)], {}, 'act'), outputDims);
  return g.model();
}

const original = model('x', ['N', 1, 64, 64], ['N', 5]);
const check = (pruned: Model): void =>
  checkCutOf({ original, originalPath: 'a.onnx', pruned, prunedPath: 'b.onnx' });

describe('checkCutOf', () => {
  it('accepts the same inputs and outputs, and open dims for any size', () => {
    check(original);
    check(model('x', [2, 1, 64, 'W'], ['N', 5]));
  });

  it('accepts weights that only one of the files lists as inputs', () => {
    const { graph } = original;
    const weight = { name: 'w', dims: [1], dataType: 1 } as unknown as Model['graph']['initializers'][number];
    const inputs = [...graph.inputs, { name: 'w' }];
    check({ ...original, graph: { ...graph, initializers: [weight], inputs } });
  });

  it.each([
    [model('x', ['N', 3, 64, 64], ['N', 5]), "its input 'x' is Nx3x64x64, not Nx1x64x64"],
    [model('x', [64, 64], ['N', 5]), "its input 'x' is 64x64, not Nx1x64x64"],
    [model('y', ['N', 1, 64, 64], ['N', 5]), "it has no input 'x'"],
    [model('x', ['N', 1, 64, 64], ['N', 7]), "its output 'act_out' is Nx7, not Nx5"],
    [
      { ...original, graph: { ...original.graph, outputs: [...original.graph.outputs, { name: 'z' }] } },
      "its output 'z' is not in the original",
    ],
  ])('names what differs: %#', (pruned, text) => {
    const expected = { code: 'verify.not-a-cut', message: `b.onnx is not a cut of a.onnx: ${text}.` };
    expect(() => check(pruned)).toThrow(expect.objectContaining(expected));
  });
});
