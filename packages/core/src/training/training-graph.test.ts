// Steps of the training graph against the same steps worked out here, or against the gradient graph.
import { describe, expect, it } from 'vitest';
import { plainChoices } from '../autodiff/convolution-choices.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { convOn } from '../plan/analysed-net.case.ts';
import { traceModel } from '../trace/trace.ts';
import { GRADIENT_OUTPUTS, writeGradientGraph } from './gradient-graph.ts';
import { matchingObjective, teacherInput } from './objective.ts';
import { findParameters, readParameters } from './parameters.ts';
import { array, engine, noise, relativeError, run } from './run-model.case.ts';
import { readStatistics } from './statistics.ts';
import {
  STEP_INPUTS,
  STEP_OUTPUTS,
  stateInput,
  stateOutput,
  type TrainingOptions,
  writeTrainingGraph,
} from './training-graph.ts';

type Settings = Omit<TrainingOptions, 'traced' | 'parameters' | 'loss' | 'choices'>;
type Vectors = Readonly<Record<string, Float32Array>>;

const SGD: Settings = { optimizer: { name: 'sgd' } };
const [BATCH, FROM, TO] = [3, 4, 2];

/** y = x·Wᵀ + b. */
async function linearNet(): Promise<TracedModel> {
  const g = new GraphBuilder();
  const weight = g.constant(noise([TO, FROM], 1), 'w');
  const bias = g.constant(noise([TO], 2), 'b');
  g.output(g.node('Gemm', [g.input('x', [BATCH, FROM]), weight, bias], { transB: 1 }, 'y'));
  return traceModel(g.model(), engine);
}

/** x → convolution → normalization → convolution. */
async function normalizedNet(): Promise<TracedModel> {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const four = (value: number): string => g.constant({ dims: [4], data: new Array(4).fill(value) });
  const first = conv(g.input('x', [2, 3, 4, 4]), 3, 4, 'first');
  const norm = g.node('BatchNormalization', [first, four(1), four(0), four(0.5), four(2)]);
  g.output(conv(g.node('Relu', [norm]), 4, 2, 'y'));
  return traceModel(g.model(), engine);
}

const loss = matchingObjective(['y_out']);

/** A training of the net, its state before the first step, and what one step makes of a state. */
function open(traced: TracedModel, settings: Settings, freeze: readonly string[] = []) {
  const parameters = findParameters(traced, loss.reads, { freeze });
  const options = { traced, parameters, loss, choices: plainChoices };
  const program = writeTrainingGraph({ ...options, ...settings });
  const weights = readParameters(traced, parameters);
  const known: Vectors = {
    weights,
    average: weights.map((each) => each + 1),
    statistics: readStatistics(traced, program.statistics),
  };
  const initial: Vectors = Object.fromEntries(
    program.state.map(({ name, length }) => [name, known[name] ?? new Float32Array(length)]),
  );
  const batch = {
    x: noise(traced.shapeOf('x')!, 5),
    [teacherInput('y_out')]: noise(traced.shapeOf('y_out')!, 6),
  };
  const step = async (state: Vectors, rate = 0.1, averageDecay = 0.75, count = 1) => {
    const vectors = Object.entries(state).map(([name, data]) => [
      stateInput(name),
      array([data.length], data),
    ]);
    const outputs = await run(program.model, {
      ...batch,
      ...Object.fromEntries(vectors),
      [STEP_INPUTS.rate]: array([], [rate]),
      [STEP_INPUTS.averageDecay]: array([], [averageDecay]),
      [STEP_INPUTS.step]: array([], [count]),
    });
    return {
      loss: outputs[STEP_OUTPUTS.loss]![0]!,
      norm: outputs[STEP_OUTPUTS.gradientNorm]![0]!,
      next: Object.fromEntries(
        program.state.map(({ name }) => [name, outputs[stateOutput(name)]!]),
      ) as Vectors,
    };
  };
  return { program, parameters, initial, batch, step, options };
}

/** Loss and gradient of the linear net, W first: Σ (x·Wᵀ + b − t)² / Σ t². */
function linearGradient(weights: Float32Array, x: Float32Array, t: Float32Array) {
  const gradient = new Array<number>(TO * FROM + TO).fill(0);
  const power = t.reduce((sum, each) => sum + each * each, 0) + 1e-6;
  let total = 0;
  for (let n = 0; n < BATCH; n++) {
    for (let o = 0; o < TO; o++) {
      const row = x.subarray(n * FROM, (n + 1) * FROM);
      const y = row.reduce((sum, each, i) => sum + each * weights[o * FROM + i]!, weights[TO * FROM + o]!);
      const off = y - t[n * TO + o]!;
      total += off ** 2 / power;
      for (const [i, each] of row.entries()) gradient[o * FROM + i]! += (2 * off * each) / power;
      gradient[TO * FROM + o]! += (2 * off) / power;
    }
  }
  return { loss: total, gradient, norm: Math.hypot(...gradient) };
}

describe('a step of a linear net', () => {
  const wantedOf = (state: Vectors, batch: ReturnType<typeof open>['batch']) =>
    linearGradient(state.weights!, toFloat32(batch.x), toFloat32(batch[teacherInput('y_out')]!));

  it('follows the gradient, and the average follows the weights', async () => {
    const { initial, batch, step } = open(await linearNet(), SGD);
    const [found, wanted] = [await step(initial), wantedOf(initial, batch)];
    expect(found.loss).toBeCloseTo(wanted.loss, 5);
    expect(found.norm).toBeCloseTo(wanted.norm, 5);
    expect(relativeError(found.next.momentum!, wanted.gradient)).toBeLessThan(1e-5);
    const weights = wanted.gradient.map((slope, i) => initial.weights![i]! - 0.1 * 1.9 * slope);
    expect(relativeError(found.next.weights!, weights)).toBeLessThan(1e-6);
    const average = weights.map((each, i) => 0.75 * initial.average![i]! + 0.25 * each);
    expect(relativeError(found.next.average!, average)).toBeLessThan(1e-6);
  });

  it('goes on from the state it left', async () => {
    const { initial, batch, step } = open(await linearNet(), SGD);
    const first = (await step(initial)).next;
    const [second, wanted] = [(await step(first)).next, wantedOf(first, batch)];
    const momentum = wanted.gradient.map((slope, i) => 0.9 * first.momentum![i]! + slope);
    expect(relativeError(second.momentum!, momentum)).toBeLessThan(1e-5);
  });

  it('shortens a gradient that is too long, and reports how long it was', async () => {
    const { initial, batch, step } = open(await linearNet(), { ...SGD, clipNorm: 0.05 });
    const [found, wanted] = [await step(initial), wantedOf(initial, batch)];
    expect(wanted.norm).toBeGreaterThan(0.05);
    expect(found.norm).toBeCloseTo(wanted.norm, 5);
    const clipped = wanted.gradient.map((slope) => (slope * 0.05) / wanted.norm);
    expect(relativeError(found.next.momentum!, clipped)).toBeLessThan(1e-5);
  });

  it('leaves a gradient alone that is short enough', async () => {
    const { initial, batch, step } = open(await linearNet(), { ...SGD, clipNorm: 1e3 });
    const { next } = await step(initial);
    expect(relativeError(next.momentum!, wantedOf(initial, batch).gradient)).toBeLessThan(1e-5);
  });

  it('lets weights decay, biases not', async () => {
    const traced = await linearNet();
    const [plain, decayed] = [open(traced, SGD), open(traced, { ...SGD, weightDecay: 0.5 })];
    const [one, other] = [await plain.step(plain.initial), await decayed.step(decayed.initial)];
    expect(plain.parameters.map(({ value }) => value)).toEqual(['w', 'b']);
    const shrunk = one.next.weights!.map((each, i) =>
      i < TO * FROM ? each - 0.1 * 0.5 * plain.initial.weights![i]! : each,
    );
    expect(relativeError(other.next.weights!, shrunk)).toBeLessThan(1e-6);
  });

  it('takes adam steps of the learning rate at first', async () => {
    const { initial, batch, step } = open(await linearNet(), { optimizer: { name: 'adamw' } });
    const { next } = await step(initial, 0.01);
    const moved = wantedOf(initial, batch).gradient.map(
      (slope, i) => initial.weights![i]! - 0.01 * Math.sign(slope),
    );
    expect(relativeError(next.weights!, moved)).toBeLessThan(1e-4);
  });
});

describe('writeTrainingGraph', () => {
  it.each<[string, Settings, readonly string[]]>([
    ['sgd', SGD, ['weights', 'average', 'momentum', 'statistics']],
    [
      'adamw',
      { optimizer: { name: 'adamw' } },
      ['weights', 'average', 'first-moment', 'second-moment', 'statistics'],
    ],
    ['statistics held', { ...SGD, batchStatistics: false }, ['weights', 'average', 'momentum']],
  ])('keeps between steps: %s', async (_, settings, wanted) => {
    const { program } = open(await normalizedNet(), settings);
    expect(program.state.map(({ name }) => name)).toEqual(wanted);
    const { inputs, outputs } = program.model.graph;
    expect(inputs.map(({ name }) => name).sort()).toEqual(
      ['x', teacherInput('y_out'), ...Object.values(STEP_INPUTS), ...wanted.map(stateInput)].sort(),
    );
    expect(outputs.map(({ name }) => name).sort()).toEqual(
      [...wanted.map(stateOutput), ...Object.values(STEP_OUTPUTS)].sort(),
    );
    const shape = (name: string) => inputs.find((input) => input.name === stateInput(name))!.shape;
    for (const { name, length } of program.state) expect(shape(name)).toEqual([{ value: length }]);
  });

  it('has the gradient of the gradient graph where normalizations use what they hold', async () => {
    const { initial, batch, step, options } = open(await normalizedNet(), { ...SGD, batchStatistics: false });
    const found = await step(initial);
    const outputs = await run(writeGradientGraph(options), batch);
    expect(found.loss).toBeCloseTo(outputs[GRADIENT_OUTPUTS.loss]![0]!, 5);
    expect(relativeError(found.next.momentum!, outputs[GRADIENT_OUTPUTS.gradient]!)).toBeLessThan(1e-5);
  });

  it('lowers the loss of a normalized net, whose statistics move', async () => {
    const { initial, step } = open(await normalizedNet(), SGD);
    let state = initial;
    const losses: number[] = [];
    for (let i = 1; i <= 5; i++) {
      const { loss: now, next } = await step(state, 0.02, 0.5, i);
      losses.push(now);
      state = next;
    }
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(state.statistics!.every((value, i) => value !== initial.statistics![i])).toBe(true);
  });

  it('holds no place for what is frozen', async () => {
    const { program, initial } = open(await normalizedNet(), SGD, ['first']);
    expect(program.parameters.map(({ value }) => value)).not.toContain('first.w');
    expect(initial.weights).toHaveLength(2 * 4 * 9 + 2 + 8);
  });

  it('refuses an operator without a gradient', async () => {
    const g = new GraphBuilder();
    const flat = g.node('GlobalLpPool', [convOn(g)(g.input('x', [1, 3, 4, 4]), 3, 2, 'first')], {}, 'y');
    g.output(flat);
    const traced = await traceModel(g.model(), engine);
    expect(() => open(traced, SGD)).toThrow(expect.objectContaining({ code: 'autodiff.no-rule' }));
  });
});
