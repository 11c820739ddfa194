// Optimizers as part of the training graph, over the one vector that holds all parameters.
import type { Emitter } from '../autodiff/emitter.ts';

/** How parameters follow their gradients. */
export type OptimizerOptions =
  | {
      /** Stochastic gradient descent with Nesterov momentum (On the Importance of Initialization and Momentum, 2013). */
      readonly name: 'sgd';
      /** Default 0.9. */
      readonly momentum?: number;
    }
  | {
      /** Adam with decoupled weight decay (Decoupled Weight Decay Regularization, 2019). */
      readonly name: 'adamw';
      /** Default 0.9 and 0.999. */
      readonly betas?: readonly [number, number];
      /** Default 1e-8. */
      readonly epsilon?: number;
    };

/** Name of an optimizer. */
export type OptimizerName = OptimizerOptions['name'];

/** Names of all optimizers. */
export const OPTIMIZERS = ['sgd', 'adamw'] as const satisfies readonly OptimizerName[];

/** Values an optimizer's nodes are written from, names in the graph. */
export interface OptimizerValues {
  /** [P]. */
  readonly weights: string;
  /** [P]. */
  readonly gradient: string;
  /** One vector [P] per state, as many as {@link optimizerStates} names. */
  readonly states: readonly string[];
  /** Scalar: the learning rate of this step. */
  readonly rate: string;
  /** Scalar: 1 at the first step. */
  readonly step: string;
  /** [P] or scalar: weight decay of each parameter. */
  readonly decay: string;
}

/** What an optimizer's nodes make. */
export interface OptimizerStep {
  readonly weights: string;
  readonly states: readonly string[];
}

/** Names of the vectors an optimizer keeps between steps; each begins as zeros. */
export function optimizerStates(name: OptimizerName): readonly string[] {
  return name === 'sgd' ? ['momentum'] : ['first-moment', 'second-moment'];
}

/** Writes one step. Weight decay is decoupled: weights shrink by rate·decay whatever the gradient. */
export function writeOptimizer(
  emit: Emitter,
  options: OptimizerOptions,
  values: OptimizerValues,
): OptimizerStep {
  const { weights, rate, decay } = values;
  const { update, states } =
    options.name === 'sgd' ? sgd(emit, options, values) : adam(emit, options, values);
  const shrunk = emit.add(update, emit.mul(weights, decay));
  return { weights: emit.sub(weights, emit.mul(shrunk, rate)), states };
}

interface Update {
  readonly update: string;
  readonly states: readonly string[];
}

function sgd(
  emit: Emitter,
  { momentum = 0.9 }: Extract<OptimizerOptions, { name: 'sgd' }>,
  { gradient, states }: OptimizerValues,
): Update {
  const velocity = emit.add(emit.scale(states[0]!, momentum), gradient);
  return { update: emit.add(gradient, emit.scale(velocity, momentum)), states: [velocity] };
}

function adam(
  emit: Emitter,
  { betas = [0.9, 0.999], epsilon = 1e-8 }: Extract<OptimizerOptions, { name: 'adamw' }>,
  { gradient, states, step }: OptimizerValues,
): Update {
  const [first, second] = states as readonly [string, string];
  const decayed = (state: string, beta: number, fresh: string): string =>
    emit.add(emit.scale(state, beta), emit.scale(fresh, 1 - beta));
  const corrected = (state: string, beta: number): string =>
    emit.div(state, emit.sub(emit.scalar(1), emit.op('Pow', [emit.scalar(beta), step])));
  const mean = decayed(first, betas[0], gradient);
  const square = decayed(second, betas[1], emit.mul(gradient, gradient));
  const root = emit.op('Sqrt', [corrected(square, betas[1])]);
  const update = emit.div(corrected(mean, betas[0]), emit.add(root, emit.scalar(epsilon)));
  return { update, states: [mean, square] };
}
