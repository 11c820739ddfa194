// The training graph: forward pass, losses, backward pass and optimizer step as one ONNX model of standard operators. Its state goes in and
// comes out as a few flat vectors, so that one step is one run and a checkpoint is a handful of arrays.
import { checkDifferentiable } from '../autodiff/differentiate.ts';
import type { Emitter } from '../autodiff/emitter.ts';
import type { Model } from '../onnx/model.ts';
import { type GradientOptions, handOut, openGradientGraph, writeBackward } from './backward-pass.ts';
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
export interface TrainingOptions extends GradientOptions {
  readonly optimizer: OptimizerOptions;
  /** Decoupled weight decay of the parameters that take any, per unit of learning rate; default 0. */
  readonly weightDecay?: number;
  /** Largest norm of the gradient, longer ones are scaled down to it; default: none. */
  readonly clipNorm?: number;
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
  const { traced, parameters, loss, optimizer, batchStatistics = true } = options;
  const wrt = new Set(parameters.map(({ value }) => value));
  checkDifferentiable(traced, loss.reads, wrt);
  const emit = openGradientGraph(options, 'training');
  const { graph } = emit;
  const count = countParameters(parameters);
  const scalar = (name: string): string => graph.input(name, []);
  const rate = scalar(STEP_INPUTS.rate);
  const averageDecay = scalar(STEP_INPUTS.averageDecay);
  const step = scalar(STEP_INPUTS.step);
  const vector = (name: string, length: number): string => graph.input(stateInput(name), [length]);
  const weights = vector('weights', count);

  const normalization = batchStatistics ? 'batch' : 'running';
  const pass = writeBackward(emit, options, new Map(unpack(emit, weights, parameters)), normalization);
  const { forward, gradient: flat } = pass;
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
    handOut(emit, value, stateOutput(name), [length]);
  };
  hand('weights', stepped.weights, count);
  hand('average', emit.add(stepped.weights, moved), count);
  names.forEach((name, i) => {
    hand(name, stepped.states[i]!, count);
  });
  if (statistics.length > 0) {
    const length = statistics.reduce((sum, { size }) => sum + size, 0);
    hand('statistics', writeStatistics(emit, forward, vector('statistics', length)), length);
  }
  handOut(emit, pass.loss, STEP_OUTPUTS.loss, []);
  handOut(emit, norm, STEP_OUTPUTS.gradientNorm, []);
  return { model: graph.model(), parameters, statistics, state };
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
