// A hand-made model that uses every field the codec knows: the sample of the codec's tests.
import type { Attribute, Graph, Model } from './model.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Field 1000 with the varint 7: a field of a later version of ONNX. */
export const unknownField = Uint8Array.of(0xc0, 0x3e, 7);

const inner: Graph = {
  nodes: [{ inputs: ['captured'], outputs: ['inner'], opType: 'Neg', attributes: [] }],
  name: 'then',
  initializers: [],
  sparseInitializers: [],
  inputs: [],
  outputs: [{ name: 'inner' }],
  valueInfos: [],
  metadata: [],
};

const attributes: readonly Attribute[] = [
  { name: 'f', float: 0.5, type: 'float' },
  { name: 'i', int: -3, type: 'int', docString: 'an integer' },
  { name: 'most', int: 2n ** 63n - 1n, type: 'int' },
  { name: 's', string: utf8('größe'), type: 'string' },
  { name: 't', tensor: { dims: [], dataType: 1, raw: new Uint8Array(4) }, type: 'tensor' },
  { name: 'g', graph: inner, type: 'graph' },
  { name: 'fs', floats: [1, -2.5, 3], type: 'floats' },
  { name: 'is', ints: [1, -1, -(2n ** 63n), 2 ** 40], type: 'ints' },
  { name: 'ss', strings: [utf8('a'), utf8('')], type: 'strings' },
  { name: 'ts', tensors: [{ dims: [1], dataType: 7, int64Data: BigInt64Array.of(-9n) }], type: 'tensors' },
  { name: 'gs', graphs: [inner, inner], type: 'graphs' },
  { name: 'r', type: 'int', refAttrName: 'outer' },
  { name: 'later', unknown: [unknownField] },
];

/** Valid as a message; as a graph it makes no sense. */
export const richModel: Model = {
  irVersion: 10,
  producerName: 'by hand',
  producerVersion: '1',
  domain: 'test',
  modelVersion: 3,
  docString: 'a model ✓',
  graph: {
    nodes: [
      {
        inputs: ['x', '', 'w'],
        outputs: ['y', ''],
        name: 'n',
        opType: 'Odd',
        attributes,
        docString: 'doc',
        domain: 'my',
      },
    ],
    name: 'graph',
    initializers: [
      {
        dims: [2, 3],
        dataType: 1,
        name: 'w',
        raw: Uint8Array.from({ length: 24 }, (_, i) => i * 7),
        docString: 'weight',
      },
      { dims: [2], dataType: 1, floatData: Float32Array.of(1.5, -2), name: 'floats' },
      { dims: [3], dataType: 3, int32Data: Int32Array.of(-1, 2 ** 31 - 1, -(2 ** 31)), name: 'ints' },
      { dims: [2], dataType: 8, stringData: [utf8('one'), utf8('')], name: 'texts' },
      {
        dims: [4],
        dataType: 7,
        int64Data: BigInt64Array.of(0n, -1n, 2n ** 62n, -(2n ** 63n)),
        name: 'longs',
      },
      { dims: [1], dataType: 11, name: 'doubles', doubleData: Float64Array.of(Math.PI) },
      { dims: [2], dataType: 13, name: 'unsigned', uint64Data: BigUint64Array.of(2n ** 64n - 1n, 300n) },
      {
        dims: [5],
        dataType: 1,
        name: 'outside',
        external: { location: 'w.bin', offset: 4096, length: 20 },
        metadata: [{ key: 'k', value: 'v' }],
      },
    ],
    docString: 'graph doc',
    inputs: [
      { name: 'x', elemType: 1, shape: [{ param: 'n' }, { value: 3 }, {}], docString: 'in' },
      { name: 'scalar', elemType: 7, shape: [] },
    ],
    outputs: [{ name: 'y', elemType: 1 }],
    valueInfos: [{ name: 'v', elemType: 10, shape: [{ value: -1 }], metadata: [{ key: 'a' }] }],
    sparseInitializers: [Uint8Array.of(0x18, 5)],
    metadata: [{ value: 'only' }],
  },
  opsetImports: [{ domain: '', version: 17 }, { domain: 'my' }],
  metadata: [{ key: 'author', value: 'nobody' }],
};
