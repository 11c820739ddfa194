import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { convOn } from '../plan/analysed-net.case.ts';
import { modelBehind } from './model-behind.ts';
import { noise, relativeError, run } from './run-model.case.ts';

/** body → logits → probabilities, and an auxiliary head beside. */
function build(irVersion = 8) {
  const g = new GraphBuilder({ irVersion });
  const conv = convOn(g);
  const body = g.node('Relu', [conv(g.input('x', ['N', 3, 4, 4]), 3, 4, 'body')], {}, 'act');
  const logits = conv(body, 4, 2, 'logits');
  g.output(g.node('Softmax', [logits], { axis: 1 }, 'probabilities'));
  g.output(conv(body, 4, 3, 'aux'));
  return g.model();
}

const namesOf = (items: readonly { readonly name?: string }[]): readonly (string | undefined)[] =>
  items.map(({ name }) => name);

describe('modelBehind', () => {
  it('leaves out what no target depends on', () => {
    const { graph } = modelBehind(build(), ['logits_out'], [4, 3, 4, 4]);
    expect(namesOf(graph.nodes)).toEqual(['body', 'act', 'logits']);
    expect(namesOf(graph.initializers)).toEqual(['body.w', 'body.b', 'logits.w', 'logits.b']);
    expect(namesOf(graph.outputs)).toEqual(['logits_out']);
  });

  it('declares the batch, and computes what the model did', async () => {
    const part = modelBehind(build(), ['act_out', 'aux_out'], [4, 3, 4, 4]);
    expect(part.graph.inputs[0]!.shape).toEqual([4, 3, 4, 4].map((value) => ({ value })));
    const x = noise([4, 3, 4, 4], 1);
    const [found, wanted] = await Promise.all([run(part, { x }), run(build(), { x })]);
    expect(relativeError(found.aux_out!, wanted.aux_out!)).toBeLessThan(1e-6);
    expect(found.act_out).toHaveLength(4 * 4 * 16);
  });

  it('keeps weights that old files list among the inputs as they are', () => {
    const { graph } = modelBehind(build(3), ['logits_out'], [4, 3, 4, 4]);
    const shapes = graph.inputs.map(({ name, shape }) => [name, shape!.map((dim) => dim.value)]);
    expect(shapes).toEqual([
      ['x', [4, 3, 4, 4]],
      ['body.w', [4, 3, 3, 3]],
      ['body.b', [4]],
      ['logits.w', [2, 4, 3, 3]],
      ['logits.b', [2]],
    ]);
  });

  it('keeps what a branch takes from outside', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [1, 2]);
    const outside = g.constant({ dims: [1, 2], data: [1, 2] }, 'outside');
    const doubled = g.node('Mul', [x, g.scalar(2, 'two')], {}, 'doubled');
    const branch = (name: string) =>
      g.subgraph(name, (body) => body.output(body.node('Add', [doubled, outside])));
    const condition = g.constant({ dims: [], data: Uint8Array.of(1), type: 'bool' }, 'condition');
    const chosen = g.node('If', [condition], { then_branch: branch('yes'), else_branch: branch('no') }, 'if');
    g.output(g.node('Relu', [chosen]));
    const { graph } = modelBehind(g.model(), [chosen], [1, 2]);
    expect(namesOf(graph.nodes)).toEqual(['doubled', 'if']);
    expect(namesOf(graph.initializers)).toEqual(['outside', 'two', 'condition']);
  });

  it('suggests the name that may have been meant', () => {
    expect(() => modelBehind(build(), ['logit_out'], [1, 3, 4, 4])).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'train.unknown-value',
        message: "The model has no value 'logit_out'.",
        hint: expect.stringContaining("Did you mean 'logits_out'?"),
      }),
    );
    expect(() => modelBehind(build(), ['zzz'], [1, 3, 4, 4])).toThrow(
      expect.objectContaining({ hint: expect.not.stringContaining('Did you mean') }),
    );
  });
});
