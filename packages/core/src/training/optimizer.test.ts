// Several steps of each optimizer in the engine against the same steps worked out here.
import { describe, expect, it } from 'vitest';
import { Emitter } from '../autodiff/emitter.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { type OptimizerOptions, optimizerStates, writeOptimizer } from './optimizer.ts';
import { array, engine, noise, relativeError } from './run-model.case.ts';

const SIZE = 5;
const STEPS = 6;
const decay = array([SIZE], [0.1, 0, 0.1, 0, 0.5]);
const rateOf = (step: number): number => 0.1 / step;

interface Trail {
  readonly weights: Float32Array;
  readonly states: readonly Float32Array[];
}

/** Weights and states after some steps from the same start. */
async function walk(
  options: OptimizerOptions,
  gradientAt: (step: number) => NdArray,
  decays: NdArray,
): Promise<Trail> {
  const g = new GraphBuilder();
  const vector = (name: string): string => g.input(name, [SIZE]);
  const names = optimizerStates(options.name);
  const stepped = writeOptimizer(new Emitter(g, { opset: 17 }), options, {
    weights: vector('weights'),
    gradient: vector('gradient'),
    states: names.map(vector),
    rate: g.input('rate', []),
    step: g.input('step', []),
    decay: vector('decay'),
  });
  for (const value of [stepped.weights, ...stepped.states]) g.output(value);
  const session = await engine.load(g.model());
  let [weights, states] = [noise([SIZE], 1), names.map(() => array([SIZE], new Float32Array(SIZE)))];
  for (let step = 1; step <= STEPS; step++) {
    const outputs = await session.run({
      weights,
      gradient: gradientAt(step),
      decay: decays,
      rate: array([], [rateOf(step)]),
      step: array([], [step]),
      ...Object.fromEntries(names.map((name, i) => [name, states[i]!])),
    });
    weights = outputs[stepped.weights]!;
    states = stepped.states.map((name) => outputs[name]!);
  }
  await session.close();
  return { weights: toFloat32(weights), states: states.map((state) => toFloat32(state)) };
}

const gradientAt = (step: number): NdArray => noise([SIZE], 10 + step);
const gradients = Array.from({ length: STEPS }, (_, i) => Array.from(toFloat32(gradientAt(i + 1))));
const start = Array.from(toFloat32(noise([SIZE], 1)));

/** The trail of one weight: `move` keeps its memory in `state` and returns by how much the gradient alone would move it at rate 1. */
function follow(at: number, move: (gradient: number, step: number) => number): number {
  return gradients.reduce((weight, each, i) => {
    const rate = rateOf(i + 1);
    return weight - rate * move(each[at]!, i + 1) - rate * toFloat32(decay)[at]! * weight;
  }, start[at]!);
}

describe('writeOptimizer', () => {
  it.each([0.9, 0.5, 0])('sgd looks ahead with a momentum of %d', async (momentum) => {
    const { weights, states } = await walk({ name: 'sgd', momentum }, gradientAt, decay);
    const velocities = start.map(() => 0);
    const wanted = start.map((_, at) =>
      follow(at, (gradient) => {
        velocities[at] = momentum * velocities[at]! + gradient;
        return gradient + momentum * velocities[at]!;
      }),
    );
    expect(relativeError(weights, wanted)).toBeLessThan(1e-6);
    expect(relativeError(states[0]!, velocities)).toBeLessThan(1e-6);
  });

  it('adamw corrects both moments for their beginning', async () => {
    const { weights, states } = await walk({ name: 'adamw', betas: [0.8, 0.95] }, gradientAt, decay);
    const [firsts, seconds] = [start.map(() => 0), start.map(() => 0)];
    const wanted = start.map((_, at) =>
      follow(at, (gradient, step) => {
        firsts[at] = 0.8 * firsts[at]! + 0.2 * gradient;
        seconds[at] = 0.95 * seconds[at]! + 0.05 * gradient ** 2;
        return firsts[at]! / (1 - 0.8 ** step) / (Math.sqrt(seconds[at]! / (1 - 0.95 ** step)) + 1e-8);
      }),
    );
    expect(relativeError(weights, wanted)).toBeLessThan(1e-5);
    expect(relativeError(states[0]!, firsts)).toBeLessThan(1e-5);
    expect(relativeError(states[1]!, seconds)).toBeLessThan(1e-5);
  });

  it.each<OptimizerOptions>([{ name: 'sgd' }, { name: 'adamw' }])(
    'decays weights apart from their gradient: $name',
    async (options) => {
      const zeros = array([SIZE], new Float32Array(SIZE));
      const { weights, states } = await walk(options, () => zeros, decay);
      const wanted = start.map((weight, at) =>
        gradients.reduce((left, _, i) => left * (1 - rateOf(i + 1) * toFloat32(decay)[at]!), weight),
      );
      expect(relativeError(weights, wanted)).toBeLessThan(1e-6);
      for (const state of states) expect(state).toEqual(new Float32Array(SIZE));
    },
  );
});
