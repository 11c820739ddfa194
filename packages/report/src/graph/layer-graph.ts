// The graph that is drawn of a network: who reads whose channels, chains folded where there are too many nodes to be told apart.
import type { LayerFact } from '../page/run-facts.ts';

/** More nodes than this are folded; more than this after folding cannot be read. */
export const MOST_NODES = 240;

/** A node of the drawing: one layer, or a chain of them. */
export interface GraphNode {
  /** Indices of its layers, in graph order. */
  readonly layers: readonly number[];
  /** Indices of the nodes that read it, each once. */
  readonly readers: readonly number[];
}

/** The nodes in graph order: layers, or chains where there are more than `most`. */
export function buildGraph(layers: readonly LayerFact[], most = MOST_NODES): readonly GraphNode[] {
  const at = new Map(layers.map(({ node }, index) => [node, index]));
  const nodes = layers.map(({ readers }, index): GraphNode => {
    const known = readers.map((name) => at.get(name)).filter((reader) => reader !== undefined);
    // What is drawn runs forward only: a layer that reads itself, or an earlier one, is a weight that is used twice.
    return { layers: [index], readers: [...new Set(known)].filter((reader) => reader > index) };
  });
  return nodes.length > most ? foldChains(nodes) : nodes;
}

/** Makes one node of every chain in which each is the only reader of the one before, and reads nothing else. */
export function foldChains(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const writers = new Array<number>(nodes.length).fill(0);
  for (const { readers } of nodes) for (const reader of readers) writers[reader]!++;
  const chainOf = new Array<number>(nodes.length).fill(-1);
  const chains: number[][] = [];
  for (const [index, { readers }] of nodes.entries()) {
    if (chainOf[index] === -1) {
      chainOf[index] = chains.length;
      chains.push([]);
    }
    const chain = chainOf[index]!;
    chains[chain]!.push(index);
    const [only, ...others] = readers;
    if (only !== undefined && others.length === 0 && writers[only] === 1) chainOf[only] = chain;
  }
  return chains.map((members) => ({
    layers: members.flatMap((member) => nodes[member]!.layers),
    readers: [...new Set(nodes[members.at(-1)!]!.readers.map((reader) => chainOf[reader]!))],
  }));
}
