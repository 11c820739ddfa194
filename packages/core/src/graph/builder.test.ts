import { describe, expect, it } from 'vitest';
import type { Attribute } from '../onnx/model.ts';
import { DataType } from '../onnx/model.ts';
import { type AttributeValue, float, floats } from './attribute-value.ts';
import { GraphBuilder } from './builder.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function attributeOf(value: AttributeValue): Attribute {
  const g = new GraphBuilder();
  const x = g.input('x', [1]);
  g.node('Op', [x], { a: value });
  return g.model().graph.nodes[0]!.attributes[0]!;
}

describe('GraphBuilder', () => {
  it('writes a convolution with readable names', () => {
    const g = new GraphBuilder({ opset: 17, name: 'tiny' });
    const x = g.input('x', ['N', 3, 8, 8]);
    const w = g.constant({ dims: [2, 3, 1, 1], data: [1, 2, 3, 4, 5, 6] }, 'conv.weight');
    const y = g.node('Conv', [x, w], { kernel_shape: [1, 1], auto_pad: 'VALID' });
    g.output(g.node('Relu', [y], {}, 'last'), ['N', 2, 8, 8]);
    const model = g.model();

    expect(model.irVersion).toBe(8);
    expect(model.opsetImports).toEqual([{ domain: '', version: 17 }]);
    expect(model.graph.name).toBe('tiny');
    expect(model.graph.inputs).toEqual([
      {
        name: 'x',
        elemType: DataType.float32,
        shape: [{ param: 'N' }, { value: 3 }, { value: 8 }, { value: 8 }],
      },
    ]);
    expect(model.graph.nodes).toEqual([
      {
        name: 'Conv_0',
        opType: 'Conv',
        inputs: ['x', 'conv.weight'],
        outputs: ['Conv_0_out'],
        attributes: [
          { name: 'kernel_shape', type: 'ints', ints: [1, 1] },
          { name: 'auto_pad', type: 'string', string: encode('VALID') },
        ],
      },
      { name: 'last', opType: 'Relu', inputs: ['Conv_0_out'], outputs: ['last_out'], attributes: [] },
    ]);
    expect(model.graph.outputs.map((output) => output.name)).toEqual(['last_out']);
    const weight = model.graph.initializers[0]!;
    expect(weight).toMatchObject({ name: 'conv.weight', dims: [2, 3, 1, 1], dataType: DataType.float32 });
    expect(new Float32Array(weight.raw!.buffer)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each<[AttributeValue, Omit<Attribute, 'name'>]>([
    [1, { type: 'int', int: 1 }],
    [-(2n ** 63n), { type: 'int', int: -(2n ** 63n) }],
    [0.5, { type: 'float', float: 0.5 }],
    [1e300, { type: 'float', float: 1e300 }],
    [float(1), { type: 'float', float: 1 }],
    ['same', { type: 'string', string: encode('same') }],
    [[1, 2n], { type: 'ints', ints: [1, 2n] }],
    [[], { type: 'ints', ints: [] }],
    [[1, 0.5], { type: 'floats', floats: [1, 0.5] }],
    [floats([1, 2]), { type: 'floats', floats: [1, 2] }],
    [['a', 'b'], { type: 'strings', strings: [encode('a'), encode('b')] }],
  ])('infers the type of attribute %o', (value, expected) => {
    expect(attributeOf(value)).toEqual({ name: 'a', ...expected });
  });

  it('carries arrays and graphs as attributes', () => {
    const array = { type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0) } as const;
    expect(attributeOf(array).tensor).toMatchObject({ dims: [2], dataType: DataType.float16 });

    const g = new GraphBuilder();
    const x = g.input('x', [4]);
    const condition = g.constant({ type: 'bool', dims: [], data: Uint8Array.of(1) }, 'condition');
    const then_branch = g.subgraph('then', (body) => body.output(body.node('Relu', [x]), [4]));
    const else_branch = g.subgraph('else', (body) => body.output(body.node('Relu', [x]), [4]));
    g.output(g.node('If', [condition], { then_branch, else_branch }));
    const branches = g.model().graph.nodes[0]!.attributes.map((attribute) => attribute.graph!);
    expect(branches.map((graph) => graph.name)).toEqual(['then', 'else']);
    expect(branches.flatMap((graph) => graph.nodes.map((node) => node.name))).toEqual(['Relu_0', 'Relu_1']);
  });

  it('keeps the values of a subgraph inside it', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [4]);
    let inner = '';
    g.subgraph('body', (body) => {
      inner = body.node('Relu', [x]);
    });
    expect(() => g.node('Relu', [inner])).toThrow(
      "The value 'Relu_0_out' read by node Relu_1 does not exist.",
    );
  });

  it('names several outputs, constants and operators of other domains', () => {
    const g = new GraphBuilder({ domains: { 'com.microsoft': 1 } });
    const x = g.input('x', [4]);
    const sizes = g.integers([2, 2]);
    const [a, b] = g.nodes('Split', [x, sizes], { axis: 0 }, 2);
    expect([sizes, a, b]).toEqual(['constant_0', 'Split_0_out_0', 'Split_0_out_1']);
    expect(g.node('com.microsoft::Gelu', [a!])).toBe('Gelu_0_out');
    expect(g.scalar(0.5)).toBe('constant_1');

    const model = g.model();
    expect(model.opsetImports).toContainEqual({ domain: 'com.microsoft', version: 1 });
    expect(model.graph.nodes[1]).toMatchObject({ opType: 'Gelu', domain: 'com.microsoft' });
    expect(model.graph.initializers.map((tensor) => [tensor.dataType, tensor.dims])).toEqual([
      [DataType.int64, [2]],
      [DataType.float32, []],
    ]);
  });

  it('steps around names that are already taken', () => {
    const g = new GraphBuilder();
    const x = g.input('Relu_0', [4]);
    expect(g.node('Relu', [x])).toBe('Relu_1_out');
    expect(() => g.input('Relu_0', [4])).toThrow("The name 'Relu_0' is empty or already used");
  });

  it('refuses data that do not fill their shape', () => {
    const g = new GraphBuilder();
    expect(() => g.constant({ dims: [2, 2], data: [1, 2, 3] }, 'w')).toThrow(
      "tensor 'w' of type float32 and dims [2, 2] has 3 elements instead of 4",
    );
  });

  it.each([
    [7, 8],
    [18, 8],
    [20, 9],
    [22, 10],
    [23, 11],
    [24, 12],
    [25, 13],
  ])('gives opset %i the IR version %i', (opset, irVersion) => {
    expect(new GraphBuilder({ opset }).model().irVersion).toBe(irVersion);
  });

  it('lists weights among the inputs for formats that ask for it', () => {
    const g = new GraphBuilder({ opset: 8, irVersion: 3 });
    g.input('x', [1]);
    g.constant({ dims: [3], data: [1, 2, 3] }, 'w');
    expect(g.model().graph.inputs.map((input) => input.name)).toEqual(['x', 'w']);
  });
});
