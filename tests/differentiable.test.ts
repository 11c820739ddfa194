// What can be trained: every operator of the shared models and of the generated architectures has a gradient or is known to have none,
// and the gradients of whole architectures say how their outputs move.
import {
  createRandom,
  EspalierError,
  elementCount,
  GraphBuilder,
  type NdArray,
  type Node,
  type TracedModel,
  toFloat32,
  traceModel,
} from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { plainChoices } from '../packages/core/src/autodiff/convolution-choices.ts';
import {
  ancestorsOf,
  checkDifferentiable,
  differentiate,
  writeForward,
} from '../packages/core/src/autodiff/differentiate.ts';
import { Emitter } from '../packages/core/src/autodiff/emitter.ts';
import { randomArray } from '../packages/core/src/autodiff/gradient-check.case.ts';
import { gradientRuleOf } from '../packages/core/src/autodiff/table.ts';
import { type Architecture, architectures, inputSizes } from './fixtures/architectures/index.ts';
import { lightModels, sharedModelsMissing, trainedModels } from './fixtures/shared-models.ts';

/** Operators without a gradient, and why. */
const WITHOUT_GRADIENT: Readonly<Record<string, string>> = {
  Constant: 'has no input',
  DequantizeLinear: 'reads integers',
  GRU: 'recurrent: not written yet',
  If: 'holds graphs',
  LSTM: 'recurrent: not written yet',
  QuantizeLinear: 'makes integers',
};

const unknownOperators = (nodes: readonly Node[]): readonly string[] => [
  ...new Set(nodes.filter((node) => !gradientRuleOf(node)).map(({ opType }) => opType)),
];
/** Share of their own size that weights move by: less than it takes deep networks of random weights to bend or to change a maximum. */
const STEP = 1e-6;

const known = Object.keys(WITHOUT_GRADIENT);
const engine = createOrtEngine();

describe.skipIf(sharedModelsMissing)(`shared models (${sharedModelsMissing ?? 'present'})`, () => {
  it.each([...trainedModels, ...lightModels])('$name has gradients throughout', async ({ load }) => {
    const { nodes } = (await load()).graph;
    expect(known).toEqual(expect.arrayContaining([...unknownOperators(nodes)]));
  });
});

/** Architectures that training refuses, with the operator that is named. */
const REFUSED: Readonly<Record<string, string>> = {
  'conv-lstm': 'LSTM',
  'conv-gru': 'GRU',
  'captured-by-if': 'If',
  'detector-tail': 'If',
  'quantized-activations': 'QuantizeLinear',
};

/** Values whose gradients are asked for: the inputs and all constants that rules name as parameters. */
function trainable(traced: TracedModel, targets: readonly string[]): ReadonlyMap<string, NdArray> {
  const random = createRandom(3);
  const values = new Map<string, NdArray>();
  for (const name of traced.inputNames) values.set(name, randomArray(traced.shapeOf(name)!, random));
  for (const index of ancestorsOf(traced, targets, new Map())) {
    const node = traced.nodes[index]!;
    for (const input of Object.keys(gradientRuleOf(node)?.parameters ?? {})) {
      const name = node.inputs[Number(input)] ?? '';
      const array = name !== '' && traced.kindOf(name) === 'constant' ? traced.constantOf(name) : undefined;
      if (array?.type === 'float32') values.set(name, array);
    }
  }
  return values;
}

/** Float outputs, which a loss can read. */
async function lossTargets(traced: TracedModel): Promise<readonly string[]> {
  const session = await engine.load(traced.model, { threads: 1 });
  try {
    return session.outputs.filter(({ type }) => type === 'float32').map(({ name }) => name);
  } finally {
    await session.close();
  }
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/**
 * How much a random sum of the outputs moves when all weights move along a direction: as the gradients say, and as it is. The direction is
 * the gradient of every value, scaled to the value's own size.
 */
async function compareAlongGradient(traced: TracedModel, targets: readonly string[]) {
  const values = trainable(traced, targets);
  const weights = new Set([...values.keys()].filter((name) => !traced.inputNames.includes(name)));
  checkDifferentiable(traced, targets, weights);
  const g = new GraphBuilder({ opset: traced.opset, domains: { 'com.microsoft': 1 } });
  g.reserve(traced.nodes.flatMap((node) => node.outputs));
  const given = new Map([...values].map(([name, { dims }]) => [name, g.input(name, dims)]));
  const emit = new Emitter(g, { opset: traced.opset, contrib: true });
  const forward = writeForward({ traced, emit, choices: plainChoices, targets, given });
  const random = createRandom(4);
  const losses = new Map(targets.map((name) => [name, randomArray(traced.shapeOf(name)!, random)]));
  const seeds = new Map([...losses].map(([name, array]) => [name, g.constant(array)]));
  const gradients = differentiate(forward, seeds, weights);
  const names = new Map([...gradients].map(([name, value]) => [name, g.node('Identity', [value])]));
  const outputs = new Map(targets.map((name) => [name, g.node('Identity', [forward.values.get(name)!])]));
  for (const name of [...names.values(), ...outputs.values()]) g.output(name);
  const session = await engine.load(g.model(), { threads: 1 });
  try {
    const first = await session.run(Object.fromEntries(values));
    const lossOf = (results: Readonly<Record<string, NdArray>>): number =>
      [...losses].reduce(
        (sum, [name, loss]) => sum + dot(toFloat32(loss), toFloat32(results[outputs.get(name)!]!)),
        0,
      );
    const slopes = new Map([...names].map(([name, value]) => [name, toFloat32(first[value]!)]));
    for (const [name, slope] of slopes) {
      expect(slope.every(Number.isFinite), `d ${name} is finite`).toBe(true);
      expect(slope.length).toBe(elementCount(values.get(name)!.dims));
    }
    const directions = new Map(
      [...slopes].map(([name, slope]) => {
        const size = Math.sqrt(dot(slope, slope));
        const own = Math.sqrt(dot(toFloat32(values.get(name)!), toFloat32(values.get(name)!)));
        return [name, slope.map((s) => (size === 0 ? 0 : (s / size) * own))];
      }),
    );
    const moved = async (step: number): Promise<number> => {
      const feeds = [...values].map(([name, array]): [string, NdArray] => {
        const direction = directions.get(name);
        const data = toFloat32(array);
        return [name, { ...array, data: data.map((x, i) => x + step * (direction?.[i] ?? 0)) }];
      });
      return lossOf(await session.run(Object.fromEntries(feeds)));
    };
    const predicted = [...slopes].reduce((sum, [name, slope]) => sum + dot(slope, directions.get(name)!), 0);
    const step = STEP;
    return { predicted, measured: ((await moved(step)) - (await moved(-step))) / (2 * step) };
  } finally {
    await session.close();
  }
}

describe('architectures', () => {
  it('hold no operator that is neither differentiable nor listed', () => {
    const nodes = architectures.flatMap((architecture) => architecture.build().graph.nodes);
    expect(known).toEqual(expect.arrayContaining([...unknownOperators(nodes)]));
  });

  it.each(architectures.filter(({ name }) => REFUSED[name] === undefined))(
    '$name: the outputs move as the gradients say',
    async (architecture: Architecture) => {
      const model = architecture.build();
      const traced = await traceModel(model, engine, { inputShapes: inputSizes(architecture, model)[0]! });
      const { predicted, measured } = await compareAlongGradient(traced, await lossTargets(traced));
      expect(predicted).toBeGreaterThan(0);
      expect(Math.abs(measured - predicted) / predicted).toBeLessThan(0.02);
    },
  );

  it.each(Object.entries(REFUSED))('%s is refused before any work: %s', async (name, opType) => {
    const model = architectures.find((architecture) => architecture.name === name)!.build();
    const traced = await traceModel(model, engine);
    const targets = traced.graph.outputs.map((output) => output.name);
    const weights = new Set(trainable(traced, targets).keys());
    const refuse = (): void => checkDifferentiable(traced, targets, weights);
    expect(refuse).toThrow(EspalierError);
    expect(refuse).toThrow(expect.objectContaining({ code: 'autodiff.no-rule', kind: 'model' }));
    expect(refuse).toThrow(`the ${opType} is an operator without one`);
  });
});
