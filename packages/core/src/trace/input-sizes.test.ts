import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { chooseInputSizes } from './input-sizes.ts';

/** A model with these inputs; nothing else of it is read. */
function modelOf(inputs: Readonly<Record<string, readonly (number | string)[]>>): Model {
  const g = new GraphBuilder();
  for (const [name, dims] of Object.entries(inputs)) g.input(name, dims);
  return g.model();
}
const choose = (model: Model, overrides?: Readonly<Record<string, readonly number[]>>) =>
  chooseInputSizes(model, model.graph.inputs, overrides);

describe('fixed dims', () => {
  it('are traced as they are, once', () => {
    expect(choose(modelOf({ x: [2, 3, 8, 8] }))).toEqual({
      first: { x: [2, 3, 8, 8] },
      seconds: [],
      notes: [],
    });
  });
  it('may be repeated but not changed', () => {
    const model = modelOf({ x: [1, 3, 8, 8] });
    expect(choose(model, { x: [1, 3, 8, 8] }).first).toEqual({ x: [1, 3, 8, 8] });
    expect(() => choose(model, { x: [1, 3, 9, 8] })).toThrow(
      expect.objectContaining({ code: 'trace.dim-mismatch', kind: 'usage' }),
    );
  });
});

describe('dynamic dims', () => {
  it('get documented defaults, and a note where they are guessed', () => {
    const { first, seconds, notes } = choose(modelOf({ x: ['n', 'c', 'h', 'w'] }));
    expect(first).toEqual({ x: [1, 3, 128, 128] });
    expect(seconds).toEqual([{ x: [2, 3, 160, 160] }, { x: [2, 3, 128, 128] }, { x: [1, 3, 160, 160] }]);
    expect(notes.map((note) => note.match(/axis \d/)?.[0])).toEqual(['axis 1', 'axis 2', 'axis 3']);
  });
  it('take what the user asks for, by name or for the only input', () => {
    const model = modelOf({ x: ['n', 3, 'h', 'w'] });
    expect(choose(model, { x: [4, 3, 64, 96] })).toMatchObject({ first: { x: [4, 3, 64, 96] }, notes: [] });
    expect(choose(model, { '': [4, 3, 64, 96] }).first).toEqual({ x: [4, 3, 64, 96] });
  });
  it('take the size the exporter recorded', () => {
    const model = { ...modelOf({ x: [1, 3, 'h', 'w'] }), metadata: [{ key: 'imgsz', value: '[320, 320]' }] };
    expect(choose(model).first).toEqual({ x: [1, 3, 320, 320] });
  });
  it('with the same symbol have the same size', () => {
    const model = modelOf({ x: ['n', 3, 's', 's'], y: [1, 1, 's', 's'] });
    expect(choose(model, { x: [1, 3, 48, 48] }).first).toEqual({ x: [1, 3, 48, 48], y: [1, 1, 48, 48] });
  });
  it('that are only the batch vary only the batch', () => {
    expect(choose(modelOf({ x: ['n', 3, 8, 8] })).seconds).toEqual([{ x: [2, 3, 8, 8] }]);
  });
  it('in a matrix have no channels', () => {
    expect(choose(modelOf({ x: ['n', 'length'] })).first).toEqual({ x: [1, 128] });
  });
});

describe('mistakes', () => {
  const refused = (code: string) => expect.objectContaining({ code, kind: 'usage' });
  it('an input the model does not have', () => {
    expect(() => choose(modelOf({ x: [1] }), { y: [1] })).toThrow(refused('trace.unknown-input'));
    expect(() => choose(modelOf({ x: [1], z: [1] }), { '': [1] })).toThrow(refused('trace.unknown-input'));
  });
  it('another number of dims', () => {
    expect(() => choose(modelOf({ x: ['n', 3] }), { x: [1] })).toThrow(refused('trace.rank-mismatch'));
  });
  it('an input without a shape', () => {
    const model = modelOf({ x: [1] });
    const bare = { ...model, graph: { ...model.graph, inputs: [{ name: 'x', elemType: 1 }] } };
    expect(() => choose(bare)).toThrow(refused('trace.no-rank'));
    expect(choose(bare, { x: [1, 3, 8, 8] }).first).toEqual({ x: [1, 3, 8, 8] });
  });
});
