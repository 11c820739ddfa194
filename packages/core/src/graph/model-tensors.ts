// All tensors of a graph, wherever they stand: initializers, attributes, subgraphs. They are listed, weighed, or replaced; what stays the same keeps
// its identity, so that the codec repeats its original bytes.
import type { Attribute, Graph, Node, Tensor } from '../onnx/model.ts';
import { arrayTypeOf, tensorArray } from '../onnx/tensor.ts';
import { subgraphsOf } from './attributes.ts';

/**
 * The tensors of a graph with what people find them by, the name of the initializer or of the first output of the node that holds the
 * tensor: initializers in the order of the file, then those of nodes and subgraphs.
 */
export function listTensors(graph: Graph): readonly (readonly [name: string, tensor: Tensor])[] {
  return [
    ...graph.initializers.map((tensor) => [tensor.name ?? '', tensor] as const),
    ...graph.nodes.flatMap((node) => [
      ...node.attributes
        .flatMap(({ tensor, tensors = [] }) => [...(tensor ? [tensor] : []), ...tensors])
        .map((tensor) => [node.outputs[0] ?? '', tensor] as const),
      ...subgraphsOf(node).flatMap(listTensors),
    ]),
  ];
}

/** Bytes of all elements, as wide as their types; data outside the model by what is declared of them. */
export function countTensorBytes(graph: Graph): number {
  return listTensors(graph).reduce((sum, [, tensor]) => sum + bytesOfTensor(tensor), 0);
}

function bytesOfTensor(tensor: Tensor): number {
  const { raw, external, dataType } = tensor;
  if (raw !== undefined) return raw.length;
  if (external !== undefined) return external.length ?? 0;
  return arrayTypeOf(dataType) === undefined ? 0 : tensorArray(tensor).data.byteLength;
}

/** The graph with every tensor replaced by what `change` returns for it; the graph itself where nothing changes. */
export function mapTensors(graph: Graph, change: (tensor: Tensor) => Tensor): Graph {
  const initializers = mapList(graph.initializers, change);
  const nodes = mapList(graph.nodes, (node) => mapNode(node, change));
  return initializers === graph.initializers && nodes === graph.nodes
    ? graph
    : { ...graph, initializers, nodes };
}

function mapNode(node: Node, change: (tensor: Tensor) => Tensor): Node {
  const attributes = mapList(node.attributes, (attribute) => mapAttribute(attribute, change));
  return attributes === node.attributes ? node : { ...node, attributes };
}

function mapAttribute(attribute: Attribute, change: (tensor: Tensor) => Tensor): Attribute {
  const { tensor, graph, tensors, graphs } = attribute;
  const mapped = {
    ...(tensor && { tensor: change(tensor) }),
    ...(graph && { graph: mapTensors(graph, change) }),
    ...(tensors && { tensors: mapList(tensors, change) }),
    ...(graphs && { graphs: mapList(graphs, (g) => mapTensors(g, change)) }),
  };
  const changed = Object.entries(mapped).some(([key, value]) => value !== attribute[key as keyof Attribute]);
  return changed ? { ...attribute, ...mapped } : attribute;
}

function mapList<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  const mapped = list.map(change);
  return mapped.every((item, i) => item === list[i]) ? list : mapped;
}
