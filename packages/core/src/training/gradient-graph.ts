// The gradient alone: how a loss changes with every parameter of a model as it is, one batch a run. Nothing is learned.
import { checkDifferentiable } from '../autodiff/differentiate.ts';
import type { Model } from '../onnx/model.ts';
import { type GradientOptions, handOut, openGradientGraph, writeBackward } from './backward-pass.ts';
import { countParameters } from './parameters.ts';

/** Names of what a gradient graph hands out: the loss of the batch, and its gradient as a vector of all parameters. */
export const GRADIENT_OUTPUTS = { loss: 'gradient.loss', gradient: 'gradient.vector' } as const;

/**
 * Writes the gradient graph: it takes a batch and what the loss is fed. Parameters are constants, which engines compute with faster; batch
 * normalizations use the statistics they hold. Errors: `autodiff.no-rule`, `autodiff.unknown-constant`.
 */
export function writeGradientGraph(options: GradientOptions): Model {
  const { traced, parameters, loss } = options;
  checkDifferentiable(traced, loss.reads, new Set(parameters.map(({ value }) => value)));
  const emit = openGradientGraph(options, 'gradient');
  const pass = writeBackward(emit, options, new Map(), 'running');
  handOut(emit, pass.loss, GRADIENT_OUTPUTS.loss, []);
  handOut(emit, pass.gradient, GRADIENT_OUTPUTS.gradient, [countParameters(parameters)]);
  return emit.graph.model();
}
