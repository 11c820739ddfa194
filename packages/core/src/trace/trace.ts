// Learns every shape and constant of a model by running it: one Shape node per value, never the values themselves.
// There is no hand-written ONNX shape inference anywhere.
import type { Engine, Session } from '../engine/engine.ts';
import { makeNode, tensorAttribute } from '../graph/attributes.ts';
import type { InputSize, TracedModel, ValueKind } from '../graph/traced-model.ts';
import { capturedValues, sortGraph, wire } from '../graph/wiring.ts';
import { DataType, type Graph, type Model, type Node, type ValueInfo } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';
import { createRandom } from '../random.ts';
import { randomFeeds } from './feeds.ts';
import { chooseInputSizes } from './input-sizes.ts';

/** Contents of shape values are read up to this many elements. */
const MAX_CONTENT = 4096;
const SHAPE_SUFFIX = '__espalier_shape';

/** Options of {@link traceModel}. */
export interface TraceOptions {
  /** Dims by input name ('' serves a single input), for dynamic dims only. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  readonly signal?: AbortSignal;
}

/**
 * Runs the model once per traced size with random inputs and returns what it learned.
 * Errors: `model.cyclic`, `trace.*` (usage), `engine.load-failed` or `engine.run-failed` when the runtime refuses the model.
 */
export async function traceModel(
  source: Model,
  engine: Engine,
  options: TraceOptions = {},
): Promise<TracedModel> {
  const graph = sortGraph(source.graph);
  const model: Model = graph === source.graph ? source : { ...source, graph };
  const initializers = new Map(graph.initializers.map((tensor) => [tensor.name ?? '', tensor]));
  const realInputs = graph.inputs.filter((input) => !initializers.has(input.name));
  const kinds = classifyValues(graph, realInputs);
  const candidates = chooseInputSizes(model, realInputs, options.inputShapes);
  options.signal?.throwIfAborted();

  const constants = await evaluateConstants(model, kinds, initializers, engine);
  const probe = await openProbe(model, kinds, engine);
  const runs: ProbeRun[] = [];
  const sizes: InputSize[] = [candidates.first];
  const notes = [...candidates.notes];
  try {
    runs.push(await probe.run(candidates.first));
    for (const second of candidates.seconds) {
      options.signal?.throwIfAborted();
      const run = await probe.run(second).catch(() => undefined);
      if (!run) continue;
      runs.push(run);
      sizes.push(second);
      break;
    }
  } finally {
    await probe.close();
  }
  if (candidates.seconds.length > 0 && sizes.length === 1) {
    notes.push('some input dims are declared dynamic, but the model runs at one size only');
  }

  const opset = source.opsetImports.find((o) => (o.domain ?? '') === '')?.version ?? 1;
  const constantOf = (value: string): NdArray | undefined => {
    const known = constants.get(value);
    if (known) return known;
    const tensor = initializers.get(value);
    if (!tensor) return undefined;
    const array = tensorArray(tensor);
    constants.set(value, array);
    return array;
  };
  return {
    model,
    graph,
    nodes: graph.nodes,
    wiring: wire(graph),
    opset,
    inputNames: realInputs.map((input) => input.name),
    sizes,
    notes,
    kindOf: (value) => kinds.get(value) ?? 'constant',
    shapeOf: (value, size = 0) =>
      initializers.get(value)?.dims ?? constants.get(value)?.dims ?? runs[size]?.shapes.get(value),
    constantOf,
    contentOf: (value, size = 0) => {
      if ((kinds.get(value) ?? 'constant') === 'constant') {
        const array = constantOf(value);
        return array && elementCount(array.dims) <= MAX_CONTENT ? toNumbers(array) : undefined;
      }
      const array = runs[size]?.contents.get(value);
      return array && toNumbers(array);
    },
    typeOf: (value) => constantOf(value)?.type ?? runs[0]?.contents.get(value)?.type,
  };
}

/** The elements of an array as plain numbers. */
export function toNumbers(array: NdArray): readonly number[] {
  if (array.type === 'float16') return Array.from(toFloat32(array));
  return Array.from(array.data as ArrayLike<number | bigint>, Number);
}

function classifyValues(graph: Graph, inputs: readonly ValueInfo[]): ReadonlyMap<string, ValueKind> {
  const kinds = new Map<string, ValueKind>();
  for (const tensor of graph.initializers) kinds.set(tensor.name ?? '', 'constant');
  for (const input of inputs) kinds.set(input.name, 'activation');
  for (const node of graph.nodes) {
    const rule = operatorOf(node);
    const reads = [...node.inputs.filter((name) => name !== ''), ...capturedValues(node)];
    const sources = reads.map((name) => kinds.get(name) ?? 'constant');
    let kind: ValueKind = 'constant';
    if (rule?.random) kind = 'activation';
    else if (sources.includes('activation')) kind = rule?.readsShape ? 'shape' : 'activation';
    else if (sources.includes('shape')) kind = 'shape';
    for (const name of node.outputs) if (name !== '') kinds.set(name, kind);
  }
  return kinds;
}

/** Constant expressions that some non-constant node (or the graph's output) reads, evaluated once by the engine. */
async function evaluateConstants(
  model: Model,
  kinds: ReadonlyMap<string, ValueKind>,
  initializers: ReadonlyMap<string, unknown>,
  engine: Engine,
): Promise<Map<string, NdArray>> {
  const { graph } = model;
  const known = new Map<string, NdArray>();
  const made = new Map<string, Node>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) if (kinds.get(name) === 'constant') made.set(name, node);
    const value = node.opType === 'Constant' ? tensorAttribute(node, 'value') : undefined;
    if (value) known.set(node.outputs[0]!, tensorArray(value));
  }
  const wanted = new Set<string>();
  for (const node of graph.nodes) {
    if (node.outputs.every((name) => kinds.get(name) === 'constant')) continue;
    for (const name of [...node.inputs, ...capturedValues(node)]) {
      if (made.has(name) && !known.has(name)) wanted.add(name);
    }
  }
  if (wanted.size === 0) return known;
  const needed = new Set<Node>();
  const visit = (name: string): void => {
    const node = made.get(name);
    if (!node || needed.has(node)) return;
    needed.add(node);
    for (const input of [...node.inputs, ...capturedValues(node)]) visit(input);
  };
  for (const name of wanted) visit(name);
  const reads = new Set([...needed].flatMap((node) => [...node.inputs, ...capturedValues(node)]));
  const session = await engine.load(
    {
      ...model,
      graph: {
        ...graph,
        nodes: graph.nodes.filter((node) => needed.has(node)),
        inputs: [],
        initializers: graph.initializers.filter(
          (t) => initializers.has(t.name ?? '') && reads.has(t.name ?? ''),
        ),
        outputs: [...wanted].map((name) => ({ name })),
        valueInfos: [],
      },
    },
    { optimization: 'disabled' },
  );
  try {
    const values = await session.run({});
    for (const [name, array] of Object.entries(values)) known.set(name, array);
  } finally {
    await session.close();
  }
  return known;
}

interface ProbeRun {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly contents: ReadonlyMap<string, NdArray>;
}

interface Probe {
  run(size: InputSize): Promise<ProbeRun>;
  close(): Promise<void>;
}

/** The model with a Shape node behind every non-constant value. Values that are no tensors are found out and left out. */
async function openProbe(
  model: Model,
  kinds: ReadonlyMap<string, ValueKind>,
  engine: Engine,
): Promise<Probe> {
  const values = [...kinds].filter(([, kind]) => kind !== 'constant').map(([name]) => name);
  const load = (names: readonly string[]): Promise<Session> =>
    engine.load(withShapeOutputs(model, names, kinds), { optimization: 'disabled' });
  let tensors = values;
  let session: Session;
  try {
    session = await load(values);
  } catch {
    // A sequence or optional value has no Shape: ask the runtime for the types, and let its own words out if the model itself is bad.
    const typed = await engine.load(
      { ...model, graph: { ...model.graph, outputs: values.map((name) => ({ name })) } },
      { optimization: 'disabled' },
    );
    const others = new Set(typed.outputs.filter((o) => o.type === undefined).map((o) => o.name));
    await typed.close();
    tensors = values.filter((name) => !others.has(name));
    session = await load(tensors);
  }
  const inputTypes = new Map(session.inputs.map((input) => [input.name, input.type]));
  return {
    async run(size) {
      const feeds = randomFeeds(size, inputTypes, createRandom(1));
      const results = await session.run(feeds);
      const shapes = new Map<string, readonly number[]>();
      const contents = new Map<string, NdArray>();
      for (const name of tensors) {
        const shape = results[name + SHAPE_SUFFIX];
        if (shape) shapes.set(name, toNumbers(shape));
        const content = kinds.get(name) === 'shape' ? results[name] : undefined;
        if (content && elementCount(content.dims) <= MAX_CONTENT) contents.set(name, content);
      }
      return { shapes, contents };
    },
    close: () => session.close(),
  };
}

function withShapeOutputs(
  model: Model,
  names: readonly string[],
  kinds: ReadonlyMap<string, ValueKind>,
): Model {
  const { graph } = model;
  const int64 = (name: string): ValueInfo => ({ name, elemType: DataType.int64 });
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes, ...names.map((name) => makeNode('Shape', [name], [name + SHAPE_SUFFIX]))],
      outputs: [
        ...names.map((name) => int64(name + SHAPE_SUFFIX)),
        ...names.filter((name) => kinds.get(name) === 'shape').map((name) => ({ name })),
      ],
      valueInfos: [],
    },
  };
}
