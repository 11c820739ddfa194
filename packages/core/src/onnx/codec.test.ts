import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkModel } from '../graph/check-model.ts';
import { decodeModel, encodedSize, encodeModel, encodeModelChunks } from './codec.ts';
import type { Model, Tensor } from './model.ts';
import { richModel, unknownField } from './rich-model.case.ts';
import { joinChunks } from './wire.ts';

const models = fileURLToPath(new URL('../../../../../shared/data/models/', import.meta.url));
const files = existsSync(models)
  ? readdirSync(models, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.onnx'))
  : [];

/** A model whose only tensor is encoded as the given bytes. */
function modelWithTensor(tensor: readonly number[]): Uint8Array {
  const graph = [0x2a, tensor.length, ...tensor];
  return Uint8Array.of(0x08, 8, 0x3a, graph.length, ...graph);
}

const onlyTensor = (model: Model): Tensor => model.graph.initializers[0]!;

describe.skipIf(files.length === 0)('shared models (skipped: no ../shared/data/models)', () => {
  it.each(files)('%s comes back byte for byte', (file) => {
    const bytes = readFileSync(models + file);
    const model = decodeModel(bytes);
    expect(bytes.equals(encodeModel(model))).toBe(true);
    // A copy remembers no bytes: everything is encoded from its fields.
    const copy = structuredClone(model);
    expect(bytes.equals(encodeModel(copy))).toBe(true);
    expect(encodedSize(copy)).toBe(bytes.length);
  });

  it.each(files)('%s is sound', (file) => {
    expect(checkModel(decodeModel(readFileSync(models + file)))).toBeUndefined();
  });
});

describe('the round trip', () => {
  it('brings every field back', () => {
    expect(decodeModel(encodeModel(richModel))).toEqual({
      ...richModel,
      graph: {
        ...richModel.graph,
        nodes: richModel.graph.nodes.map((node) => ({ ...node, attributes: expect.any(Array) })),
      },
    });
    const { attributes } = decodeModel(encodeModel(richModel)).graph.nodes[0]!;
    expect(attributes).toEqual(richModel.graph.nodes[0]!.attributes);
  });

  it('gives the same bytes, remembered or not, in one piece or in chunks', () => {
    const bytes = encodeModel(richModel);
    const model = decodeModel(bytes);
    expect(encodeModel(model)).toEqual(bytes);
    expect(encodeModel(structuredClone(model))).toEqual(bytes);
    expect(joinChunks(encodeModelChunks({ ...model }))).toEqual(bytes);
    expect(encodedSize(richModel)).toBe(bytes.length);
  });

  it('passes large tensors through as views', () => {
    const raw = new Uint8Array(1 << 20);
    const graph = { ...richModel.graph, initializers: [{ dims: [1 << 20], dataType: 2, raw }] };
    expect([...encodeModelChunks({ ...richModel, graph })]).toContain(raw);
  });

  it('reads tensor data as views of the file', () => {
    const bytes = encodeModel(richModel);
    expect(onlyTensor(decodeModel(bytes)).raw!.buffer).toBe(bytes.buffer);
  });
});

describe('bytes that no field explains', () => {
  // Fields out of order, a number longer than needed, an unknown field in the middle of each message.
  const tensor = [0x42, 1, 0x77, ...unknownField, 0x08, 0x80, 0x00, 0x10, 1];
  const node = [0x22, 3, 0x41, 0x64, 0x64, ...unknownField, 0x0a, 1, 0x78];
  const graph = [0x2a, tensor.length, ...tensor, ...unknownField, 0x0a, node.length, ...node];
  const odd = Uint8Array.of(0x3a, graph.length, ...graph, ...unknownField, 0x08, 8);

  it('stay where they were in an untouched model', () => {
    expect(encodeModel(decodeModel(odd))).toEqual(odd);
  });

  it('stay in the messages that are not rebuilt', () => {
    const model = decodeModel(odd);
    const renamed = { ...model, graph: { ...model.graph, name: 'new' } };
    const bytes = Buffer.from(encodeModel(renamed));
    expect(bytes.includes(Buffer.from(tensor))).toBe(true);
    expect(bytes.includes(Buffer.from(node))).toBe(true);
    expect(decodeModel(bytes)).toEqual(renamed);
  });

  it('survive in the messages that are', () => {
    const model = structuredClone(decodeModel(odd));
    const rebuilt = decodeModel(encodeModel(model));
    expect(rebuilt).toEqual(model);
    const { graph } = rebuilt;
    for (const { unknown } of [rebuilt, graph, graph.nodes[0]!, graph.initializers[0]!]) {
      expect(unknown).toEqual([unknownField]);
    }
  });

  it('are written among the known fields in the order of their numbers', () => {
    const late = decodeModel(encodeModel({ ...richModel, unknown: [unknownField, Uint8Array.of(0x4a, 0)] }));
    const bytes = encodeModel({ ...late, graph: richModel.graph });
    expect([...bytes.subarray(-3)]).toEqual([...unknownField]);
    expect(late.unknown).toEqual([Uint8Array.of(0x4a, 0), unknownField]);
  });
});

describe('what the file states in another way', () => {
  it('scalar lists are read packed and one by one', () => {
    const packed = onlyTensor(decodeModel(modelWithTensor([0x0a, 2, 2, 3, 0x2a, 2, 1, 2])));
    const single = onlyTensor(decodeModel(modelWithTensor([0x08, 2, 0x28, 1, 0x08, 3, 0x28, 2])));
    expect(packed).toEqual({ dims: [2, 3], dataType: 0, int32Data: Int32Array.of(1, 2) });
    expect(single).toEqual(packed);
  });

  it('a zero that a writer left out is the value of its type', () => {
    const empty = { inputs: [], outputs: [], opType: 'X' };
    const types = ['int', 'float', 'ints', 'string'] as const;
    const attributes = types.map((type) => ({ name: type, type }));
    const bytes = encodeModel({
      ...richModel,
      graph: { ...richModel.graph, nodes: [{ ...empty, attributes }] },
    });
    const read = decodeModel(bytes).graph.nodes[0]!.attributes;
    expect(read.map((a) => a[a.type as (typeof types)[number]])).toEqual([0, 0, [], new Uint8Array(0)]);
  });

  it('types other than tensors keep their bytes, tensor types their denotation', () => {
    const sequence = [0x22, 4, 0x0a, 2, 0x08, 1];
    const image = [0x0a, 2, 0x08, 1, 0x32, 5, ...new TextEncoder().encode('IMAGE')];
    for (const type of [sequence, image]) {
      const info = [0x0a, 1, 0x78, 0x12, type.length, ...type];
      const graph = [0x5a, info.length, ...info];
      const bytes = Uint8Array.of(0x3a, graph.length, ...graph);
      const model = decodeModel(bytes);
      expect(model.graph.inputs[0]).toEqual(
        type === sequence
          ? { name: 'x', otherType: Uint8Array.from(sequence) }
          : { name: 'x', elemType: 1, typeUnknown: [Uint8Array.from(image.slice(4))] },
      );
      expect(encodeModel(structuredClone(model))).toEqual(bytes);
    }
  });

  it('external data keep entries beyond place and size', () => {
    const external = { location: 'w', offset: 0 };
    const tensor: Tensor = { dims: [1], dataType: 1, external, unknown: [checksum] };
    const graph = { ...richModel.graph, initializers: [tensor] };
    expect(onlyTensor(decodeModel(encodeModel({ ...richModel, graph })))).toEqual(tensor);
  });

  it('text that is no UTF-8 is kept in a comment and refused in a name', () => {
    const comment = modelWithTensor([0x62, 1, 0xff]);
    expect(onlyTensor(decodeModel(comment)).unknown).toEqual([Uint8Array.of(0x62, 1, 0xff)]);
    expect(() => decodeModel(modelWithTensor([0x42, 1, 0xff]))).toThrow(/name of a TensorProto/);
  });
});

const checksum = Uint8Array.of(0x6a, 13, 0x0a, 8, ...new TextEncoder().encode('checksum'), 0x12, 1, 0x30);

describe('broken files', () => {
  const deep = (levels: number): number[] => {
    let graph: number[] = [];
    for (let i = 0; i < levels; i++) {
      const attribute = [0x32, ...sized(graph)];
      const node = [0x2a, ...sized(attribute)];
      graph = [0x0a, ...sized(node)];
    }
    return [0x3a, ...sized(graph)];
  };
  const sized = (bytes: readonly number[]): number[] =>
    bytes.length < 128 ? [bytes.length, ...bytes] : [(bytes.length & 127) | 128, bytes.length >> 7, ...bytes];

  it.each([
    ['nothing', [], 'onnx.not-onnx'],
    ['a PNG', [0x89, 0x50, 0x4e, 0x47], 'onnx.not-onnx'],
    ['a zip', [0x50, 0x4b, 3, 4], 'onnx.not-onnx'],
    ['no graph', [0x08, 8], 'onnx.no-graph'],
    ['a length beyond the end', [0x08, 8, 0x3a, 5, 0x0a], 'onnx.truncated'],
    ['a huge length', [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 'onnx.truncated'],
    ['an integer cut off', [0x08, 0x80], 'onnx.truncated'],
    ['an endless integer', [0x08, ...Array(10).fill(0x80), 0], 'onnx.bad-varint'],
    ['a group', [0x08, 8, 0x0b], 'onnx.bad-wire-type'],
    ['a known field of another wire type', [0x08, 8, 0x38, 0], 'onnx.bad-wire-type'],
    ['field number 0', [0x08, 8, 0x00, 0], 'onnx.bad-field-number'],
    ['two graphs', [0x3a, 0, 0x3a, 0], 'onnx.duplicate-field'],
    ['a size no number holds', [...modelWithTensor([0x08, ...Array(8).fill(0xff), 0x7f])], 'onnx.bad-value'],
    ['floats cut off', [...modelWithTensor([0x22, 3, 0, 0, 0])], 'onnx.truncated'],
    ['nesting without end', deep(40), 'onnx.nesting-too-deep'],
  ])('%s', (_, bytes, code) => {
    expect(() => decodeModel(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ kind: 'model', code }),
    );
  });

  it('reads nesting that exporters could produce', () => {
    expect(encodeModel(decodeModel(Uint8Array.from(deep(20))))).toEqual(Uint8Array.from(deep(20)));
  });
});
