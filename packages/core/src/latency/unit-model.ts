// Micro-benchmarks as models: one unit of a cut model, several times over the same input.
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Model, Node, Tensor } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { makeTensor, tensorArray } from '../onnx/tensor.ts';
import type { LatencyUnit } from './latency-parts.ts';

/** One unit of one cut, ready to be built. */
export interface UnitSpecimen {
  /** Name of the unit's input, and its dims. */
  readonly source: string;
  readonly input: readonly number[];
  /** The layer and its tail as the cut left them, behind what computes their constants. */
  readonly nodes: readonly Node[];
  /** Initializers that the nodes read. */
  readonly constants: readonly Tensor[];
  readonly opset: number;
}

/** A specimen and about how long it takes. */
export interface SpecimenTask {
  readonly specimen: UnitSpecimen;
  /** Multiply-accumulates of one run. */
  readonly macs: number;
}

/** Takes a unit out of a cut model; undefined where it reads another input. `input`: dims of its input after the cut. */
export function takeSpecimen(
  traced: TracedModel,
  cut: Model,
  unit: LatencyUnit,
  input: readonly number[],
): UnitSpecimen | undefined {
  const producers = new Map(
    cut.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const initializers = new Map(cut.graph.initializers.map((tensor) => [tensor.name ?? '', tensor]));
  const nodes = new Set<Node>();
  const constants = new Set<Tensor>();
  const take = (name: string): boolean => {
    if (name === '' || name === unit.input) return true;
    const tensor = initializers.get(name);
    if (tensor) constants.add(tensor);
    const node = producers.get(name);
    if (tensor || (node && nodes.has(node))) return true;
    if (!node?.inputs.every(take)) return false;
    nodes.add(node);
    return true;
  };
  const end = nodeId(traced.nodes[unit.tail.at(-1) ?? unit.layer]!);
  if (!take(end)) return undefined;
  return { source: unit.input, input, nodes: [...nodes], constants: [...constants], opset: traced.opset };
}

/** Name of the input of every micro-benchmark. */
export const UNIT_INPUT = 'x';

/**
 * A model that runs a specimen `copies` times over the input `x` and adds up what comes out, averaged over the map. The time of many copies less
 * that of one is the time of a unit whose neighbours share its memory layout: the change of layout at the input is paid once.
 */
export function buildUnitModel(specimen: UnitSpecimen, copies: number): Model {
  const { source, input, nodes, constants, opset } = specimen;
  const g = new GraphBuilder({ opset });
  const x = g.input(UNIT_INPUT, input);
  const ends = Array.from({ length: copies }, (_, copy) => {
    const rename = (name: string): string => {
      if (name === '') return '';
      return name === source ? x : `${name}/${copy}`;
    };
    const tensors = constants.map((tensor) =>
      makeTensor(rename(tensor.name ?? ''), vary(tensorArray(tensor), copy)),
    );
    g.adopt(
      tensors,
      nodes.map((node) => ({
        ...node,
        name: `${nodeId(node)}/${copy}`,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })),
    );
    const end = rename(nodeId(nodes.at(-1)!));
    return input.length === 4
      ? g.node('GlobalAveragePool', [end])
      : g.node('ReduceMean', [end], { keepdims: 1 });
  });
  g.output(g.node('Sum', ends));
  return g.model();
}

/** The same tensor with other numbers: a runtime computes equal nodes once. */
function vary(array: NdArray, copy: number): NdArray {
  if (!(array.data instanceof Float32Array) || copy === 0 || array.data.length < 2) return array;
  return { ...array, data: array.data.map((value) => value * (1 + copy / 64)) };
}
