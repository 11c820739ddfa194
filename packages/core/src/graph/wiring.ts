// Who makes and who reads each value of a graph, in execution order.
import { EspalierError } from '../errors.ts';
import type { Graph, Node } from '../onnx/model.ts';
import { subgraphsOf } from './attributes.ts';

/** One end of a wire: which node, which of its inputs or outputs. */
export interface Port {
  readonly node: number;
  readonly slot: number;
}

/** Wires of a graph; node numbers are indices into `graph.nodes`. */
export interface Wiring {
  readonly producers: ReadonlyMap<string, Port>;
  /** Direct readers; values captured by subgraphs are listed with slot −1. */
  readonly consumers: ReadonlyMap<string, readonly Port[]>;
}

/** Names a node's subgraphs read from the graphs around it. */
export function capturedValues(node: Node): ReadonlySet<string> {
  const captured = new Set<string>();
  for (const graph of subgraphsOf(node)) for (const name of freeNames(graph)) captured.add(name);
  return captured;
}

function freeNames(graph: Graph): ReadonlySet<string> {
  const own = new Set<string>([
    ...graph.inputs.map((v) => v.name),
    ...graph.initializers.map((t) => t.name ?? ''),
    ...graph.nodes.flatMap((n) => n.outputs),
  ]);
  const free = new Set<string>();
  const read = (name: string): void => {
    if (name !== '' && !own.has(name)) free.add(name);
  };
  for (const node of graph.nodes) {
    for (const name of node.inputs) read(name);
    for (const name of capturedValues(node)) read(name);
  }
  for (const output of graph.outputs) read(output.name);
  return free;
}

/** Builds the wiring of a graph in one pass. */
export function wire(graph: Graph): Wiring {
  const producers = new Map<string, Port>();
  const consumers = new Map<string, Port[]>();
  const read = (name: string, port: Port): void => {
    if (name === '') return;
    const ports = consumers.get(name);
    if (ports) ports.push(port);
    else consumers.set(name, [port]);
  };
  graph.nodes.forEach((node, index) => {
    node.outputs.forEach((name, slot) => {
      if (name !== '') producers.set(name, { node: index, slot });
    });
    node.inputs.forEach((name, slot) => {
      read(name, { node: index, slot });
    });
    for (const name of capturedValues(node)) read(name, { node: index, slot: -1 });
  });
  return { producers, consumers };
}

/**
 * The graph with its nodes in execution order (stable: untouched when already sorted).
 * Throws `model.cyclic` naming a node on the cycle.
 */
export function sortGraph(graph: Graph): Graph {
  const producers = new Map<string, number>();
  graph.nodes.forEach((node, index) => {
    for (const name of node.outputs) if (name !== '') producers.set(name, index);
  });
  const needs = graph.nodes.map((node) =>
    [...node.inputs, ...capturedValues(node)].flatMap((name) => producers.get(name) ?? []),
  );
  if (needs.every((list, index) => list.every((need) => need < index))) return graph;

  const state = new Uint8Array(graph.nodes.length); // 0 new, 1 open, 2 done
  const order: number[] = [];
  for (let start = 0; start < graph.nodes.length; start++) {
    if (state[start] !== 0) continue;
    const stack = [{ node: start, next: 0 }];
    state[start] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const need = needs[top.node]![top.next++];
      if (need === undefined) {
        state[top.node] = 2;
        order.push(top.node);
        stack.pop();
      } else if (state[need] === 1) {
        const name = graph.nodes[need]?.outputs[0] ?? '';
        throw new EspalierError({
          kind: 'model',
          code: 'model.cyclic',
          message: `The graph is cyclic: the node that makes '${name}' depends on its own output.`,
          hint: 'Export the model again; ONNX graphs must be acyclic.',
        });
      } else if (state[need] === 0) {
        state[need] = 1;
        stack.push({ node: need, next: 0 });
      }
    }
  }
  return { ...graph, nodes: order.map((index) => graph.nodes[index]!) };
}
