// What every graph with gradients begins with: forward pass, loss, and the gradient of all parameters as one vector.
import type { ConvolutionChoices } from '../autodiff/convolution-choices.ts';
import { differentiate, type ForwardPass, writeForward } from '../autodiff/differentiate.ts';
import { Emitter } from '../autodiff/emitter.ts';
import type { Normalization } from '../autodiff/gradient-rule.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import type { Parameter } from './parameters.ts';
import type { LossContext, LossDefinition } from './training-graph.ts';

/** What a graph with gradients is written from. */
export interface GradientOptions {
  /** Traced at the batch and input size of the runs; its single input takes the batch. */
  readonly traced: TracedModel;
  readonly parameters: readonly Parameter[];
  readonly loss: LossDefinition;
  readonly choices: ConvolutionChoices;
  /** Whether the runtime knows `com.microsoft` operators; default false. */
  readonly contrib?: boolean;
}

/** A forward pass and its gradient, as names in the written graph. */
export interface BackwardPass {
  readonly forward: ForwardPass;
  readonly loss: string;
  /** A vector of all parameters. */
  readonly gradient: string;
}

/** An emitter into an empty graph that imports what the formulations need. */
export function openGradientGraph(
  { traced, choices, contrib = false }: Pick<GradientOptions, 'traced' | 'choices' | 'contrib'>,
  name: string,
): Emitter {
  const graph = new GraphBuilder({
    opset: traced.opset,
    irVersion: Math.max(8, traced.model.irVersion ?? 8),
    name,
    domains: {
      ...(contrib && { 'com.microsoft': 1 }),
      ...(choices.block > 0 && { 'com.microsoft.nchwc': 1 }),
    },
  });
  graph.reserve(traced.nodes.flatMap((node) => node.outputs));
  return new Emitter(graph, { opset: traced.opset, contrib });
}

/**
 * Writes forward pass, loss and gradient. `weights` names what stands for parameters in the graph, by their value in the model; the others
 * are constants.
 */
export function writeBackward(
  emit: Emitter,
  { traced, parameters, loss, choices }: GradientOptions,
  weights: ReadonlyMap<string, string>,
  normalization: Normalization,
): BackwardPass {
  const data = traced.inputNames.map((name) => emit.graph.input(name, tracedShape(traced, name)));
  const given = new Map([...data.map((name) => [name, name] as const), ...weights]);
  const forward = writeForward({ traced, emit, choices, targets: loss.reads, given, normalization });
  const written = loss.write(lossContext(forward));
  const gradients = differentiate(forward, written.gradients, new Set(parameters.map(({ value }) => value)));
  const pieces = parameters.map(({ value, dims, size }) => {
    const gradient = gradients.get(value) ?? emit.expand(emit.scalar(0), dims);
    return emit.reshape(gradient, [size]);
  });
  return { forward, loss: written.value, gradient: emit.concat(pieces, 0) };
}

/** Hands a value out under a name of its own. */
export function handOut({ graph }: Emitter, value: string, name: string, dims: readonly number[]): void {
  graph.adopt([], [{ opType: 'Identity', inputs: [value], outputs: [name], name, attributes: [] }]);
  graph.output(name, dims);
}

function lossContext({ traced, emit, values }: ForwardPass): LossContext {
  return {
    emit,
    value: (value) => ({ value, name: values.get(value)!, dims: tracedShape(traced, value) }),
    input: (name, dims) => emit.graph.input(name, dims),
  };
}
