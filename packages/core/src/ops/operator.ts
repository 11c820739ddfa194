// The shape of an operator's record: one optional rule per interpretation of the graph.
// An operator without a `couple` or `move` rule is a barrier: every channel that touches it is frozen.

import type { TracedModel, ValueKind } from '../graph/traced-model.ts';
import type { Selection, UseRequest } from '../labels/channel-use.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import type { Node } from '../onnx/model.ts';
import type { LinearLayer } from './linear/linear-layer.ts';

/** The facts every rule may read about one node. */
export interface NodeFacts {
  readonly traced: TracedModel;
  readonly node: Node;
  readonly index: number;
  readonly opset: number;
  /** 'absent' for omitted optional inputs. */
  kind(input: number): ValueKind | 'absent';
  inShape(input: number): readonly number[];
  outShape(output: number): readonly number[];
  /** Contents of a constant or shape operand at the first traced size; undefined when unreadable or absent. */
  content(input: number): readonly number[] | undefined;
}

/** What a movement rule needs beside the facts. */
export interface MoveFacts extends NodeFacts {
  /** Labels for positions that come from nowhere (padding, repeats of a single channel). */
  fresh(count: number): Int32Array;
}

/** What a coupling rule may do. */
export interface CouplingContext extends MoveFacts {
  labels(input: number): readonly LabelTensor[];
  /** Labels of any value, for captured ones. */
  labelsOf(value: string): readonly LabelTensor[];
  /** True when the operand comes out of a bounded activation: it scales what it multiplies. */
  isGate(input: number): boolean;
  /** Mints ids made by this node; `use` is the weight use that makes them. */
  mint(
    kind: 'produce' | 'depthwise' | 'scale' | 'sum' | 'pad',
    count: number,
    sources?: readonly Int32Array[],
    use?: number,
  ): Int32Array;
  tie(a: number, b: number): void;
  /** Freezes every id of the tensors; `text` is a phrase with the node as its subject: "mixes all channels". */
  freeze(tensors: readonly LabelTensor[], text: string, input?: number): void;
  use(request: UseRequest): number;
  /** The id that the next call of `use` will get. */
  nextUse(): number;
  constrain(side: 'in' | 'out', blocks: readonly Int32Array[]): void;
}

/** Labels of each output. */
export type OutputLabels = readonly (readonly LabelTensor[])[];

/** Shapes a cost rule reads: with `kept` channels counted when the cost of a cut is asked for. */
export interface CostFacts {
  readonly node: Node;
  inShape(input: number): readonly number[];
  outShape(output: number): readonly number[];
}

/** What a surgery rule may read and do. */
export interface RewriteContext extends NodeFacts {
  /** Original positions kept along an axis of an input or output; undefined when all are. */
  keptIn(input: number, axis: number): Int32Array | undefined;
  keptOut(output: number, axis: number): Int32Array | undefined;
  /** Number of traced sizes; shapes and operands are asked for per size. */
  readonly sizes: number;
  newInShape(input: number, size: number): readonly number[];
  newOutShape(output: number, size: number): readonly number[];
  /** Contents of a shape operand after the cut, per size (constants are as they were). */
  operand(input: number, size: number): readonly number[] | undefined;
  /** Asks for other contents of a shape operand, one list per size; -1 and 0 keep their meaning. */
  want(input: number, contents: readonly (readonly number[])[]): void;
  /** Name of a new int64 constant. */
  constant(values: readonly number[]): string;
}

/** One operator's record. */
export interface Operator {
  /** Ties, mints, consumes: labels of the outputs from those of the inputs. */
  readonly couple?: (context: CouplingContext) => OutputLabels;
  /** Pure movement of input 0: its label tensor as each output sees it; undefined when this case cannot be followed. */
  readonly move?: (facts: MoveFacts, tensor: LabelTensor) => readonly LabelTensor[] | undefined;
  /** Multiply-accumulates of one run. */
  readonly macs?: (facts: CostFacts) => number;
  /** The nodes that take this node's place after a cut; default: the node itself. */
  readonly rewrite?: (context: RewriteContext) => readonly Node[];
  /** Output depends on the input's shape only. */
  readonly readsShape?: (facts: {
    readonly node: Node;
    readonly shape: readonly number[];
  }) => readonly number[];
  /** As a constant expression: which part of each input a part of the output needs; undefined when it must be spelled out. */
  readonly pullBack?: (
    traced: TracedModel,
    node: Node,
    selection: Selection,
  ) => readonly (Selection | undefined)[] | undefined;
  /** Never a constant expression. */
  readonly random?: boolean;
  /** Its output scales what it multiplies (a gate): it is no source of the gated channel. */
  readonly gate?: boolean;
  /** Rounds activations to few levels, so that equal computations may differ by a step. */
  readonly quantizes?: boolean;
  /** Its output holds the numbers of input 0, perhaps in another element type. */
  readonly retypes?: boolean;
  /** Every position of its output is computed from the same position of its inputs, which broadcast. */
  readonly pointwise?: boolean;
  /** Of a map that is the same everywhere it makes that one number per channel. */
  readonly averages?: boolean;
  /** Its output is its inputs one after the other. */
  readonly joins?: boolean;
  /** Its output is the sum of its two inputs. */
  readonly adds?: boolean;
  /** It cuts input 0 off below `low` and above `high`, and leaves what lies between as it is. */
  readonly clamps?: (facts: NodeFacts) => { readonly low: number; readonly high: number } | undefined;
  /** The node as a linear map with a constant weight; undefined where it is none. */
  readonly linear?: (facts: NodeFacts) => LinearLayer | undefined;
  /** Inputs that hold mean and variance per channel of input 0, which the operator normalises with. */
  readonly statistics?: { readonly mean: number; readonly variance: number };
  /** Its output as a straight line of input 0 per channel, where that is all it does. */
  readonly affine?: (
    traced: TracedModel,
    node: Node,
  ) => { readonly scale: ArrayLike<number>; readonly shift: ArrayLike<number> } | undefined;
  /** Per-channel factor of a `scale` step this operator makes. */
  readonly factors?: (traced: TracedModel, node: Node) => ArrayLike<number> | undefined;
}
