// What a gradient rule is: from the gradients of a node's outputs to the gradients of its inputs, as nodes in the same graph.
import type { NodeFacts } from '../ops/operator.ts';
import type { ConvolutionChoices } from './convolution-choices.ts';
import type { Emitter } from './emitter.ts';

/** Whose mean and variance a batch normalization uses: those of the batch, as in training, or the running ones it holds. */
export type Normalization = 'batch' | 'running';

/** What a rule may read and do. All shapes are static: a training graph is written for one batch size and one input size. */
export interface RuleContext extends NodeFacts {
  readonly emit: Emitter;
  /** Which formulation each convolution is written in. */
  readonly choices: ConvolutionChoices;
  readonly normalization: Normalization;
  /** Name, in the graph that is written, of an input of the node; '' for an absent one. */
  input(index: number): string;
}

/** What a rule's `backward` may read beside. */
export interface GradientContext extends RuleContext {
  /** Name, in the graph that is written, of an output of the node. */
  output(index?: number): string;
  /** Gradient of the loss with respect to an output, of the output's shape; undefined where the loss does not depend on it. */
  gradient(output?: number): string | undefined;
  /** A value that the rule's `forward` saved under that name. */
  saved(name: string): string;
}

/** What a rule's `forward` wrote in place of the node. */
export interface WrittenNode {
  /** Names of the outputs in the graph that is written, as many as the node has. */
  readonly outputs: readonly string[];
  /** Values that `backward` asks for by name. */
  readonly saved?: Readonly<Record<string, string>>;
  /** Constant inputs that follow what each batch shows, such as running statistics, and the values of this batch. */
  readonly running?: readonly { readonly input: number; readonly batch: string }[];
}

/** Whether weight decay applies to a parameter: not to biases and normalization scales. */
export type DecayKind = 'decay' | 'no-decay';

/** The gradient of one operator. */
export interface GradientRule {
  /**
   * One entry per input: a thunk that writes the nodes of its gradient and returns the gradient's name, which has the input's shape;
   * undefined for inputs that carry no gradient (indices, shapes). Thunks of inputs that need none are never called, and nothing
   * is called unless `gradient()` of some output exists.
   */
  readonly backward: (context: GradientContext) => readonly ((() => string) | undefined)[];
  /** The output is piecewise constant in the inputs (comparisons, indices, shapes): no gradient passes, and none is missed. */
  readonly flat?: true;
  /** Why this very node has no gradient although its operator has a rule, as a phrase: `crops the image`. */
  readonly unsupported?: (facts: NodeFacts) => string | undefined;
  /** Inputs that training may change where they are float constants. */
  readonly parameters?: Readonly<Record<number, DecayKind>>;
  /** What those without decay begin with when a model is trained from scratch, by input; default 0. */
  readonly initial?: Readonly<Record<number, number>>;
  /** It is written in one of the formulations of `ConvolutionChoices`. */
  readonly isConvolution?: boolean;
  /** Exporters fold batch normalizations into it: training may put one behind it. */
  readonly normalized?: boolean;
  /** What usually reads a batch normalization: an activation, a sum, a product, a pooling, the next convolution. */
  readonly readsNormalized?: boolean;
  /** Its input are logits, its output probabilities (or their logarithms). */
  readonly normalizesLogits?: boolean;
  /** Writes other nodes in place of this one in a training graph; default: the node as it is. */
  readonly forward?: (context: RuleContext) => WrittenNode;
}
