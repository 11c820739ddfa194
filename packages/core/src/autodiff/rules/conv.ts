// Gradients of convolutions.
import type { ConvolutionChoice } from '../convolution-choices.ts';
import type { GradientContext, GradientRule, RuleContext, WrittenNode } from '../gradient-rule.ts';
import { blockDepthwiseFilter, blockedConv, blockFilter, fromBlocked, toBlocked } from './blocked-layout.ts';
import { inputGradient } from './conv-input-gradient.ts';
import { weightGradient } from './conv-weight-gradient.ts';
import { convolutionShape } from './conv-window.ts';

const choiceOf = (c: RuleContext): ConvolutionChoice => c.choices.choose(convolutionShape(c));

function forward(c: RuleContext): WrittenNode {
  const { emit } = c;
  const inputs = c.node.inputs.map((_, i) => c.input(i));
  if (choiceOf(c).forward === 'plain') {
    const copy = { ...c.node, inputs };
    emit.graph.adopt([], [copy]);
    return { outputs: c.node.outputs };
  }
  const shape = convolutionShape(c);
  const { block } = c.choices;
  const [x, w, bias = ''] = inputs as [string, string, string?];
  const depthwise = shape.groups > 1;
  const plainInput = !depthwise && shape.weight[1]! < block;
  const filter = depthwise
    ? blockDepthwiseFilter(emit, w, shape.weight, block)
    : blockFilter(emit, w, shape.weight, block);
  const value = plainInput ? x : toBlocked(emit, x, shape.input);
  const result = fromBlocked(emit, blockedConv(emit, value, filter, shape), shape.weight[0]!);
  if (bias === '') return { outputs: [result] };
  return { outputs: [emit.add(result, emit.reshape(bias, [shape.weight[0]!, 1, 1]))] };
}

function backward(c: GradientContext): readonly ((() => string) | undefined)[] {
  const gradient = c.gradient()!;
  const shape = convolutionShape(c);
  const choice = choiceOf(c);
  const spatial = shape.input.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  return [
    () => inputGradient(c, shape, choice, gradient),
    () => weightGradient(c, shape, choice, gradient),
    () => c.emit.reduceSum(gradient, [0, ...spatial]),
  ];
}

/** Gradients of the convolution family. */
export const convolutionGradients: Readonly<Record<string, GradientRule>> = {
  Conv: {
    forward,
    backward,
    parameters: { 1: 'decay', 2: 'no-decay' },
    isConvolution: true,
    normalized: true,
    readsNormalized: true,
  },
};
