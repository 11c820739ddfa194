// The training graph: forward pass, losses, backward pass and optimizer step as one ONNX model of standard operators. Its state goes in and
// comes out as a few flat vectors, so that one step is one run and a checkpoint is a handful of arrays.
import type { ConvolutionChoices } from '../autodiff/convolution-choices.ts';
import {
  checkDifferentiable,
  differentiate,
  type ForwardPass,
  writeForward,
} from '../autodiff/differentiate.ts';
import { Emitter } from '../autodiff/emitter.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import type { LossValue, WrittenLoss } from './loss.ts';
import { type OptimizerOptions, optimizerStates, writeOptimizer } from './optimizer.ts';
import { countParameters, type Parameter } from './parameters.ts';
import { findStatistics, type RunningStatistic, writeStatistics } from './statistics.ts';

/** What a loss is written with: an extra input of the graph per thing it is told of each batch. */
export interface LossContext {
  readonly emit: Emitter;
  /** A value of the traced model, as the loss reads it. */
  value(name: string): LossValue;
  /** Declares an input of the training graph that every step feeds. */
  input(name: string, dims: readonly number[]): string;
}

/** A loss of a training graph. */
export interface LossDefinition {
  /** Values of the traced model it reads. */
  readonly reads: readonly string[];
  readonly write: (context: LossContext) => WrittenLoss;
}

/** What a training graph is written from. */
export interface TrainingOptions {
  /** Traced at the batch and input size of the training; its single input takes the batch. */
  readonly traced: TracedModel;
  readonly parameters: readonly Parameter[];
  readonly loss: LossDefinition;
  readonly optimizer: OptimizerOptions;
  /** Decoupled weight decay of the parameters that take any, per unit of learning rate; default 0. */
  readonly weightDecay?: number;
  /** Largest norm of the gradient, longer ones are scaled down to it; default: none. */
  readonly clipNorm?: number;
  readonly choices: ConvolutionChoices;
  /** Whether the runtime knows `com.microsoft` operators; default false. */
  readonly contrib?: boolean;
  /** Whether batch normalizations use and update the statistics of each batch; default true. */
  readonly batchStatistics?: boolean;
}

/** A vector the graph takes as `train.NAME` and hands back as `train.NAME.next`. */
export interface StateVector {
  readonly name: string;
  readonly length: number;
}

/** A written training graph. */
export interface TrainingProgram {
  readonly model: Model;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly RunningStatistic[];
  /** `weights`, `average`, the optimizer's states, and `statistics` where there are any. */
  readonly state: readonly StateVector[];
}

/** Names of the scalars every step feeds beside the batch: learning rate, share of the weights' average that stays, step from 1. */
export const STEP_INPUTS = {
  rate: 'train.rate',
  averageDecay: 'train.average-decay',
  step: 'train.step',
} as const;

/** Names of the scalars every step hands back. */
export const STEP_OUTPUTS = { loss: 'train.loss', gradientNorm: 'train.gradient-norm' } as const;

/** Name under which a state vector goes in. */
export const stateInput = (name: string): string => `train.${name}`;

/** Name under which a state vector comes out. */
export const stateOutput = (name: string): string => `train.${name}.next`;

/** Writes the training graph. Errors: `autodiff.no-rule`, `autodiff.unknown-constant`. */
export function writeTrainingGraph(options: TrainingOptions): TrainingProgram {
  const { traced, parameters, loss, optimizer, choices, contrib = false, batchStatistics = true } = options;
  const wrt = new Set(parameters.map(({ value }) => value));
  checkDifferentiable(traced, loss.reads, wrt);
  const graph = openGraph(traced, choices, contrib);
  const emit = new Emitter(graph, { opset: traced.opset, contrib });
  const count = countParameters(parameters);
  const scalar = (name: string): string => graph.input(name, []);
  const rate = scalar(STEP_INPUTS.rate);
  const averageDecay = scalar(STEP_INPUTS.averageDecay);
  const step = scalar(STEP_INPUTS.step);
  const vector = (name: string, length: number): string => graph.input(stateInput(name), [length]);
  const weights = vector('weights', count);

  const data = traced.inputNames.map((name) => graph.input(name, tracedShape(traced, name)));
  const given = new Map([...data.map((name) => [name, name] as const), ...unpack(emit, weights, parameters)]);
  const normalization = batchStatistics ? 'batch' : 'running';
  const forward = writeForward({ traced, emit, choices, targets: loss.reads, given, normalization });

  const written = loss.write(lossContext(forward, graph));
  const gradients = differentiate(forward, written.gradients, wrt);
  const flat = emit.concat(
    parameters.map(({ value, dims, size }) => {
      const gradient = gradients.get(value) ?? emit.expand(emit.scalar(0), dims);
      return emit.reshape(gradient, [size]);
    }),
    0,
  );
  const norm = emit.op('Sqrt', [emit.reduceSum(emit.mul(flat, flat), [0])]);
  const gradient = options.clipNorm === undefined ? flat : clip(emit, flat, norm, options.clipNorm);

  const names = optimizerStates(optimizer.name);
  const stepped = writeOptimizer(emit, optimizer, {
    weights,
    gradient,
    states: names.map((name) => vector(name, count)),
    rate,
    step,
    decay: decayVector(emit, parameters, options.weightDecay ?? 0),
  });
  const average = vector('average', count);
  const moved = emit.mul(emit.sub(average, stepped.weights), averageDecay);
  const statistics = batchStatistics ? findStatistics(forward) : [];
  const state: StateVector[] = [];
  const hand = (name: string, value: string, length: number): void => {
    state.push({ name, length });
    emitOutput(graph, value, stateOutput(name), [length]);
  };
  hand('weights', stepped.weights, count);
  hand('average', emit.add(stepped.weights, moved), count);
  names.forEach((name, i) => {
    hand(name, stepped.states[i]!, count);
  });
  if (statistics.length > 0) {
    const length = statistics.reduce((sum, { size }) => sum + size, 0);
    hand('statistics', writeStatistics(emit, forward, statistics, vector('statistics', length)), length);
  }
  emitOutput(graph, written.value, STEP_OUTPUTS.loss, []);
  emitOutput(graph, norm, STEP_OUTPUTS.gradientNorm, []);
  return { model: graph.model(), parameters, statistics, state };
}

function openGraph(traced: TracedModel, choices: ConvolutionChoices, contrib: boolean): GraphBuilder {
  const graph = new GraphBuilder({
    opset: traced.opset,
    irVersion: Math.max(8, traced.model.irVersion ?? 8),
    name: 'training',
    domains: {
      ...(contrib && { 'com.microsoft': 1 }),
      ...(choices.block > 0 && { 'com.microsoft.nchwc': 1 }),
    },
  });
  graph.reserve(traced.nodes.flatMap((node) => node.outputs));
  return graph;
}

/** The parameters cut out of their vector, by name of the value they stand for. */
function unpack(
  emit: Emitter,
  weights: string,
  parameters: readonly Parameter[],
): readonly (readonly [string, string])[] {
  const pieces = emit.split(
    weights,
    parameters.map(({ size }) => size),
    0,
  );
  return parameters.map(({ value, dims }, i) => [value, emit.reshape(pieces[i]!, dims)] as const);
}

function lossContext({ traced, emit, values }: ForwardPass, graph: GraphBuilder): LossContext {
  return {
    emit,
    value: (value) => ({ value, name: values.get(value)!, dims: tracedShape(traced, value) }),
    input: (name, dims) => graph.input(name, dims),
  };
}

function clip(emit: Emitter, gradient: string, norm: string, limit: number): string {
  const excess = emit.op('Max', [emit.scale(norm, 1 / limit), emit.scalar(1)]);
  return emit.div(gradient, excess);
}

function decayVector(emit: Emitter, parameters: readonly Parameter[], decay: number): string {
  if (decay === 0) return emit.scalar(0);
  const data = new Float32Array(countParameters(parameters));
  for (const { offset, size, decay: kind } of parameters) {
    if (kind === 'decay') data.fill(decay, offset, offset + size);
  }
  return emit.constant({ type: 'float32', dims: [data.length], data });
}

/** Hands a value out under a name of its own. */
function emitOutput(graph: GraphBuilder, value: string, name: string, dims: readonly number[]): void {
  graph.adopt([], [{ opType: 'Identity', inputs: [value], outputs: [name], name, attributes: [] }]);
  graph.output(name, dims);
}
