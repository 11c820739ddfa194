// Writes ONNX models in readable lines: `const y = g.node('Conv', [x, w], { pads: [1, 1, 1, 1] })`.
// Values are names; a mistake in a name fails when the line runs, not when the engine loads the model.

import { EspalierError } from '../errors.ts';
import type { Dimension, Graph, Model, Node, Tensor, ValueInfo } from '../onnx/model.ts';
import type { ArrayType, NdArray } from '../onnx/nd-array.ts';
import { dataTypeOf } from '../onnx/tensor.ts';
import { type ArrayLiteral, type AttributeValues, makeAttribute, tensorOf } from './attribute-value.ts';

/** A size or the name of a symbolic dimension. */
export type DimensionLike = number | string;

/** Settings of a model under construction. */
export interface GraphBuilderOptions {
  /** Version of the default operator set, default 17. */
  readonly opset?: number;
  /** Versions of other operator sets; their operators are written `domain::Operator`. */
  readonly domains?: Readonly<Record<string, number>>;
  /** Default: 8, or the later version that the opset came with. Below 4, weights are listed among the inputs as that format asks. */
  readonly irVersion?: number;
  /** Name of the graph, default `graph`. */
  readonly name?: string;
}

/** Collects inputs, constants, nodes and outputs, and hands back the model. Every method that adds a value returns its name. */
export class GraphBuilder {
  readonly #options: GraphBuilderOptions;
  readonly #outer: GraphBuilder | undefined;
  readonly #values = new Set<string>();
  /** Names of nodes and values, shared with subgraphs so that nothing is shadowed. */
  readonly #taken: Set<string>;
  readonly #counts: Map<string, number>;
  /** Names that are only given out when asked for. */
  readonly #reserved: Set<string>;
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers: Tensor[] = [];
  readonly #nodes: Node[] = [];

  /** `outer` is the graph around this one; {@link subgraph} gives it. */
  constructor(options: GraphBuilderOptions = {}, outer?: GraphBuilder) {
    this.#options = options;
    this.#outer = outer;
    this.#taken = outer ? outer.#taken : new Set();
    this.#counts = outer ? outer.#counts : new Map();
    this.#reserved = outer ? outer.#reserved : new Set();
  }

  /** Declares a graph input; a string among the dims is a symbolic size. */
  input(name: string, dims: readonly DimensionLike[], type: ArrayType = 'float32'): string {
    this.#inputs.push(makeValueInfo(name, type, dims));
    return this.#define(this.#claim(name));
  }

  /** Adds an initializer that views the given data; without a name it is called `constant_0`, `constant_1`, … */
  constant(array: NdArray | ArrayLiteral, name?: string): string {
    const value = this.#define(name === undefined ? this.#invent('constant') : this.#claim(name));
    this.#initializers.push(tensorOf(array, value));
    return value;
  }

  /** Adds a 1-D int64 initializer: a shape, axes, pads, indices. */
  integers(values: readonly (number | bigint)[], name?: string): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant({ dims: [values.length], data }, name);
  }

  /** Adds a 0-D float32 initializer. */
  scalar(value: number, name?: string): string {
    return this.constant({ dims: [], data: [value] }, name);
  }

  /** Adds a node with one output, called `Conv_3` → `Conv_3_out` unless named. `''` among the inputs omits an optional one. */
  node(opType: string, inputs: readonly string[], attributes: AttributeValues = {}, name?: string): string {
    return this.nodes(opType, inputs, attributes, 1, name)[0]!;
  }

  /** Adds a node with several outputs, called `Split_0_out_0`, `Split_0_out_1`, … */
  nodes(
    opType: string,
    inputs: readonly string[],
    attributes: AttributeValues,
    outputCount: number,
    name?: string,
  ): readonly string[] {
    const [domain, operator] = splitDomain(opType);
    const outputsOf = (node: string): readonly string[] =>
      outputCount === 1
        ? [`${node}_out`]
        : Array.from({ length: outputCount }, (_, index) => `${node}_out_${index}`);
    const label = name === undefined ? this.#invent(operator, outputsOf) : this.#claim(name);
    for (const input of inputs) this.#check(input, `node ${label}`);
    const outputs = outputsOf(label).map((output) => this.#define(this.#claim(output)));
    this.#nodes.push({
      name: label,
      opType: operator,
      ...(domain === '' ? {} : { domain }),
      inputs: [...inputs],
      outputs,
      attributes: Object.entries(attributes).map(([key, value]) => makeAttribute(key, value)),
    });
    return outputs;
  }

  /** Builds the body of an If, Loop or Scan: `write` gets a builder that also sees the values made so far out here. */
  subgraph(name: string, write: (body: GraphBuilder) => void): Graph {
    const body = new GraphBuilder({ ...this.#options, name }, this);
    write(body);
    return body.#graph();
  }

  /** Keeps names free for {@link adopt}: no invented name will be one of them. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#reserved.add(name);
  }

  /** Takes over constants and nodes of another graph under the names they have; what the nodes read must be there by then. */
  adopt(initializers: readonly Tensor[], nodes: readonly Node[]): void {
    for (const tensor of initializers) {
      this.#define(this.#claim(tensor.name ?? ''));
      this.#initializers.push(tensor);
    }
    for (const node of nodes) {
      for (const input of node.inputs) this.#check(input, `node ${node.name ?? node.outputs[0]}`);
      for (const output of node.outputs) if (output !== '') this.#define(this.#claim(output));
      this.#nodes.push(node);
    }
  }

  /** Declares a graph output, without a shape when `dims` is left out. */
  output(value: string, dims?: readonly DimensionLike[], type: ArrayType = 'float32'): void {
    this.#check(value, 'a graph output');
    this.#outputs.push(makeValueInfo(value, type, dims));
  }

  /** The model written so far. */
  model(): Model {
    const opset = this.#options.opset ?? 17;
    const irVersion = this.#options.irVersion ?? irVersionOf(opset);
    const graph = this.#graph();
    const weights = graph.initializers.map((tensor) => ({
      name: tensor.name ?? '',
      elemType: tensor.dataType,
      shape: tensor.dims.map((value) => ({ value })),
    }));
    return {
      irVersion,
      opsetImports: [
        { domain: '', version: opset },
        ...Object.entries(this.#options.domains ?? {}).map(([domain, version]) => ({ domain, version })),
      ],
      producerName: 'espalier',
      graph: irVersion < 4 ? { ...graph, inputs: [...graph.inputs, ...weights] } : graph,
      metadata: [],
    };
  }

  #graph(): Graph {
    return {
      name: this.#options.name ?? 'graph',
      nodes: [...this.#nodes],
      initializers: [...this.#initializers],
      sparseInitializers: [],
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      valueInfos: [],
      metadata: [],
    };
  }

  #define(value: string): string {
    this.#values.add(value);
    return value;
  }

  #claim(name: string): string {
    if (name === '' || this.#taken.has(name)) {
      throw new EspalierError({
        kind: 'usage',
        code: 'builder.name-taken',
        message: `The name '${name}' is empty or already used in this graph.`,
        hint: 'Leave the name out to get a fresh one.',
      });
    }
    this.#taken.add(name);
    return name;
  }

  #invent(stem: string, outputsOf: (name: string) => readonly string[] = () => []): string {
    for (;;) {
      const count = this.#counts.get(stem) ?? 0;
      this.#counts.set(stem, count + 1);
      const name = `${stem}_${count}`;
      const isFree = (each: string): boolean => !this.#taken.has(each) && !this.#reserved.has(each);
      if ([name, ...outputsOf(name)].every(isFree)) return this.#claim(name);
    }
  }

  #check(value: string, reader: string): void {
    if (value === '' || this.#sees(value)) return;
    throw new EspalierError({
      kind: 'usage',
      code: 'builder.unknown-value',
      message: `The value '${value}' read by ${reader} does not exist.`,
      hint: 'Pass names returned by input(), constant() or node().',
    });
  }

  #sees(value: string): boolean {
    if (this.#values.has(value)) return true;
    return this.#outer ? this.#outer.#sees(value) : false;
  }
}

function splitDomain(opType: string): readonly [domain: string, operator: string] {
  const at = opType.indexOf('::');
  return at < 0 ? ['', opType] : [opType.slice(0, at), opType.slice(at + 2)];
}

function irVersionOf(opset: number): number {
  if (opset >= 25) return 13;
  if (opset === 24) return 12;
  if (opset === 23) return 11;
  if (opset >= 21) return 10;
  if (opset >= 19) return 9;
  return 8;
}

function makeValueInfo(name: string, type: ArrayType, dims: readonly DimensionLike[] | undefined): ValueInfo {
  const elemType = dataTypeOf(type);
  if (dims === undefined) return { name, elemType };
  const shape = dims.map((dim): Dimension => (typeof dim === 'number' ? { value: dim } : { param: dim }));
  return { name, elemType, shape };
}
