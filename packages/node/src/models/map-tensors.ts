// Rebuilding a graph with some of its tensors replaced, in initializers, attributes and subgraphs. What stays the same keeps its
// identity, so that the codec repeats its original bytes.
import type { Attribute, Graph, Node, Tensor } from '@espalier/core';

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
