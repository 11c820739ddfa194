// Puts new constants in the place of old ones: where the file keeps them, in the element type it keeps them in.
import { nodeId } from '../graph/traced-model.ts';
import { wire } from '../graph/wiring.ts';
import type { Model, Node, Tensor } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { arrayTypeOf, float32ToFloat16, makeTensor, toFloat32 } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';

/** One input of one node, and what it reads from now on. */
export interface ConstantEdit {
  /** Name of the node's first output. */
  readonly node: string;
  readonly input: number;
  readonly array: NdArray;
}

/**
 * The model with other constants. A constant that nobody else reads is replaced in place, also behind a Cast (a half-precision weight stays one);
 * a shared, computed or missing one gets an initializer of its own.
 */
export function replaceConstants(model: Model, edits: readonly ConstantEdit[]): Model {
  const { graph } = model;
  const { producers, consumers } = wire(graph);
  const stored = new Map(graph.initializers.map((tensor) => [tensor.name ?? '', tensor]));
  const exposed = new Set(graph.outputs.map(({ name }) => name));
  const taken = new Set([...stored.keys(), ...producers.keys(), ...graph.inputs.map(({ name }) => name)]);
  const changed = new Map<string, Tensor>();
  const added: Tensor[] = [];
  const nodes = new Map<Node, Node>();

  const placeOf = (value: string): Tensor | undefined => {
    if ((consumers.get(value)?.length ?? 0) !== 1 || exposed.has(value)) return undefined;
    const tensor = stored.get(value);
    if (tensor) return isReal(tensor) ? tensor : undefined;
    const maker = graph.nodes[producers.get(value)?.node ?? -1];
    return maker && operatorOf(maker)?.retypes ? placeOf(maker.inputs[0]!) : undefined;
  };
  for (const { node: name, input, array } of edits) {
    const node = graph.nodes.find((candidate) => nodeId(candidate) === name);
    if (!node) continue;
    const place = placeOf(node.inputs[input] ?? '');
    if (place) {
      changed.set(place.name!, makeTensor(place.name!, asStored(array, place)));
      continue;
    }
    const fresh = unused(`${name}__${input === 1 ? 'weight' : `in${input}`}`, taken);
    added.push(makeTensor(fresh, array));
    const now = nodes.get(node) ?? node;
    const inputs = Array.from({ length: Math.max(now.inputs.length, input + 1) }, (_, i) =>
      i === input ? fresh : (now.inputs[i] ?? ''),
    );
    nodes.set(node, { ...now, inputs });
  }
  const initializers = [
    ...graph.initializers.map((tensor) => changed.get(tensor.name ?? '') ?? tensor),
    ...added,
  ];
  return dropUnread({
    ...model,
    graph: { ...graph, nodes: graph.nodes.map((node) => nodes.get(node) ?? node), initializers },
  });
}

/** Without constants that nothing reads any more, and the nodes that made them. */
function dropUnread(model: Model): Model {
  const { graph } = model;
  const { consumers } = wire(graph);
  const exposed = new Set(graph.outputs.map(({ name }) => name));
  const isRead = (name: string): boolean => exposed.has(name) || consumers.has(name);
  const nodes = graph.nodes.filter((node) => node.outputs.some(isRead));
  const initializers = graph.initializers.filter(({ name = '' }) => isRead(name));
  if (nodes.length === graph.nodes.length && initializers.length === graph.initializers.length) return model;
  const names = new Set(graph.initializers.map(({ name }) => name));
  const left = new Set(initializers.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !names.has(name) || left.has(name));
  return dropUnread({ ...model, graph: { ...graph, nodes, initializers, inputs } });
}

const REAL = ['float32', 'float16', 'float64'];

function isReal({ dataType }: Tensor): boolean {
  return REAL.includes(arrayTypeOf(dataType) ?? '');
}

function asStored(array: NdArray, { dataType }: Tensor): NdArray {
  const type = arrayTypeOf(dataType)!;
  if (type === array.type) return array;
  const values = toFloat32(array);
  if (type === 'float16') return { type, dims: array.dims, data: float32ToFloat16(values) };
  return { type, dims: array.dims, data: Float64Array.from(values) };
}

function unused(base: string, taken: Set<string>): string {
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}${i}`;
  taken.add(name);
  return name;
}
