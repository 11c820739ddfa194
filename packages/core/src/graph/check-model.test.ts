import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel } from '../onnx/codec.ts';
import type { Attribute, Graph, Model, Node, ValueInfo } from '../onnx/model.ts';
import { checkModel, OPSET_RANGE } from './check-model.ts';

const value = (name: string, ...sizes: number[]): ValueInfo => ({
  name,
  elemType: 1,
  shape: sizes.map((size) => ({ value: size })),
});

const node = (opType: string, inputs: string[], outputs: string[], ...attributes: Attribute[]): Node => ({
  opType,
  inputs,
  outputs,
  attributes,
});

const graphOf = (nodes: readonly Node[], rest: Partial<Graph> = {}): Graph => ({
  nodes,
  initializers: [],
  sparseInitializers: [],
  inputs: [value('x', 4)],
  outputs: [value('y', 4)],
  valueInfos: [],
  metadata: [],
  ...rest,
});

const modelOf = (graph: Graph, version = 17): Model => ({
  irVersion: 8,
  opsetImports: [{ version }],
  graph,
  metadata: [],
});

const relu = graphOf([node('Relu', ['x'], ['y'])]);
const weight = { name: 'w', dims: [1], dataType: 1, raw: new Uint8Array(4) };
const branch = (inputs: string[]): Attribute => ({
  name: 'then_branch',
  type: 'graph',
  graph: graphOf([node('Neg', inputs, ['inner'])], { inputs: [], outputs: [value('inner', 4)] }),
});

const sound: Readonly<Record<string, Graph>> = {
  'a chain': relu,
  'nodes in any order': graphOf([node('Neg', ['a'], ['y']), node('Relu', ['x'], ['a'])]),
  'omitted inputs and outputs': graphOf([
    node('Clip', ['x', '', ''], ['y']),
    node('Neg', ['x'], ['']),
    node('Neg', ['x'], ['']),
  ]),
  'a default of an input': graphOf([node('Add', ['x', 'w'], ['y'])], {
    inputs: [value('x', 4), value('w', 1)],
    initializers: [weight],
  }),
  'a subgraph that reads values around it': graphOf([
    node('If', ['x'], ['y'], branch(['a'])),
    node('Relu', ['x'], ['a']),
  ]),
  'an unknown size written as -1': { ...relu, inputs: [value('x', -1)] },
};

it.each(Object.keys(sound))('accepts %s', (name) => {
  expect(checkModel(modelOf(sound[name]!))).toBeUndefined();
});

const cyclicBranch: Attribute = {
  name: 'body',
  type: 'graph',
  graph: graphOf([node('Neg', ['q'], ['p']), node('Neg', ['p'], ['q'])], {
    inputs: [],
    outputs: [value('q', 4)],
  }),
};

const unsound: readonly [string, string, RegExp, Graph][] = [
  [
    'a value made twice',
    'duplicate-value',
    /'y'.*Neg/,
    graphOf([node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])]),
  ],
  ['an input made again', 'duplicate-value', /'x'/, graphOf([node('Relu', ['x'], ['x'])])],
  ['two inputs of a name', 'duplicate-value', /'x'/, { ...relu, inputs: [value('x', 4), value('x', 4)] }],
  ['two initializers of a name', 'duplicate-value', /'w'/, { ...relu, initializers: [weight, weight] }],
  ['an unknown input', 'undefined-value', /'z'.*Relu/, graphOf([node('Relu', ['z'], ['y'])])],
  ['an unknown output', 'undefined-value', /'z'/, { ...relu, outputs: [value('z', 4)] }],
  [
    'an unknown value in a subgraph',
    'undefined-value',
    /'z'.*Neg/,
    graphOf([node('If', ['x'], ['y'], branch(['z']))]),
  ],
  [
    'a value that only another subgraph has',
    'undefined-value',
    /'inner'/,
    graphOf([node('If', ['x'], ['a'], branch(['x'])), node('Neg', ['inner'], ['y'])]),
  ],
  [
    'a circle',
    'cyclic',
    /'[ab]'/,
    graphOf([node('Add', ['x', 'b'], ['a']), node('Neg', ['a'], ['b']), node('Neg', ['b'], ['y'])]),
  ],
  [
    'a circle through a subgraph',
    'cyclic',
    /'[ay]'/,
    graphOf([node('If', ['x'], ['a'], branch(['y'])), node('Neg', ['a'], ['y'])]),
  ],
  ['a circle inside a subgraph', 'cyclic', /'[pq]'/, graphOf([node('Loop', ['x'], ['y'], cyclicBranch)])],
  [
    'a sparse initializer',
    'sparse-unsupported',
    /'sw'/,
    { ...relu, sparseInitializers: [Uint8Array.of(0x0a, 4, 0x42, 2, 0x73, 0x77)] },
  ],
  [
    'a sparse attribute',
    'sparse-unsupported',
    /'sparse_value'.*Constant/,
    graphOf([node('Constant', [], ['y'], { name: 'sparse_value', type: 'sparseTensor' })]),
  ],
  ['a negative size', 'bad-dims', /'x'.*-5/, { ...relu, inputs: [value('x', -5)] }],
  ['an absurd size', 'bad-dims', /'y'/, { ...relu, outputs: [value('y', 2 ** 40)] }],
  ['a node without operator', 'no-operator', /'y'/, graphOf([node('', ['x'], ['y'])])],
  ['no outputs', 'no-outputs', /outputs/, { ...relu, outputs: [] }],
];

it.each(unsound)('refuses %s', (_, code, message, graph) => {
  expect(() => checkModel(modelOf(graph))).toThrow(
    expect.objectContaining({
      kind: 'model',
      code: `model.${code}`,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    }),
  );
});

it('refuses weights whose dims do not fit their data, in attributes too', () => {
  const wrong = { ...weight, dims: [2] };
  const constant = node('Constant', [], ['y'], { name: 'value', type: 'tensor', tensor: wrong });
  for (const graph of [{ ...relu, initializers: [wrong] }, graphOf([constant])]) {
    expect(() => checkModel(modelOf(graph))).toThrow(
      expect.objectContaining({ code: 'tensor.size-mismatch' }),
    );
  }
});

describe('operator sets', () => {
  it.each([OPSET_RANGE.oldest - 1, OPSET_RANGE.newest + 1])('refuses %i', (version) => {
    expect(() => checkModel(modelOf(relu, version))).toThrow(
      expect.objectContaining({
        code: 'model.unsupported-opset',
        message: expect.stringContaining(`${version}`),
      }),
    );
  });

  it('refuses a model that states none', () => {
    expect(() => checkModel({ ...modelOf(relu), opsetImports: [{ domain: 'my', version: 1 }] })).toThrow(
      expect.objectContaining({ code: 'model.no-opset' }),
    );
  });

  it('the range is what ONNX Runtime runs', async () => {
    const add = graphOf([node('Add', ['x', 'x'], ['y'])]);
    const runs = async (version: number): Promise<boolean> => {
      const bytes = encodeModel(modelOf(add, version));
      return ort.InferenceSession.create(bytes, { logSeverityLevel: 4 }).then(
        (session) => session.release().then(() => true),
        () => false,
      );
    };
    const { oldest, newest } = OPSET_RANGE;
    const found = await Promise.all([oldest - 1, oldest, newest, newest + 1].map(runs));
    expect(found).toEqual([false, true, true, false]);
  });
});
