// One gradient rule under the lens: a small network's gradients, as the rules write them, against central differences of the network.
import { createOrtEngine } from '@espalier/node';
import { expect, it } from 'vitest';
import type { Session } from '../engine/engine.ts';
import type { AttributeValues } from '../graph/attribute-value.ts';
import { GraphBuilder, type GraphBuilderOptions } from '../graph/builder.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { createRandom, type Random } from '../random.ts';
import { traceModel } from '../trace/trace.ts';
import { type ConvolutionChoices, plainChoices } from './convolution-choices.ts';
import { checkDifferentiable, differentiate, type ForwardPass, writeForward } from './differentiate.ts';
import { Emitter } from './emitter.ts';
import type { Normalization } from './gradient-rule.ts';

/** Step of the differences. Steps of twice this size stay on one side of every kink of values that lie {@link SPACING} apart. */
const STEP = 0.025;
const SPACING = 0.13;
const DOMAINS = { 'com.microsoft': 1, 'com.microsoft.nchwc': 1 };

const engine = createOrtEngine();

/** What a case draws with. */
export interface GradientPencil {
  readonly g: GraphBuilder;
  /** A constant whose gradient is checked. */
  weight(...dims: readonly number[]): string;
  /** A constant that is left alone. */
  fixed(...dims: readonly number[]): string;
  op(opType: string, inputs: readonly string[], attributes?: AttributeValues): string;
}

/** A network with one output, whose gradients are to be right. */
export interface GradientCase extends GraphBuilderOptions {
  /** Dims of the inputs. */
  readonly inputs: readonly (readonly number[])[];
  readonly draw: (pencil: GradientPencil, inputs: readonly string[]) => string;
  /** What inputs and weights are: standard normal (default), above 0.3, or multiples of a spacing, far from ties and from 0. */
  readonly values?: 'normal' | 'positive' | 'apart';
  /** Default: `running`. */
  readonly normalization?: Normalization;
  /** Default: what every runtime can run. */
  readonly choices?: ConvolutionChoices;
  /** Whether the training graph's output must be the model's; default true. */
  readonly sameOutput?: boolean;
}

interface Drawn {
  readonly traced: TracedModel;
  readonly output: string;
  /** Values of everything whose gradient is checked, by name. */
  readonly values: ReadonlyMap<string, NdArray>;
}

/** Registers a test of a case, with and without the runtime's own operators. */
export function describeGradient(name: string, stated: GradientCase): void {
  it(name, async () => {
    const drawn = await drawCase(stated);
    const forward = await openForward(stated, drawn);
    try {
      const base = await forward.run(drawn.values);
      if (stated.sameOutput !== false) await expectSameOutput(drawn, base);
      const loss = randomArray(base.dims, createRandom(11));
      const expected = await differences(forward, drawn.values, toFloat32(loss));
      for (const contrib of [false, true]) {
        const found = await writtenGradients(stated, drawn, loss, contrib);
        for (const [value, gradient] of expected) expectClose(`d ${value}`, found.get(value), gradient);
      }
    } finally {
      await forward.close();
    }
  });
}

/** A float32 array of standard normal numbers. */
export function randomArray(dims: readonly number[], random: Random): NdArray {
  return {
    type: 'float32',
    dims,
    data: Float32Array.from({ length: elementCount(dims) }, () => random.normal()),
  };
}

/**
 * Expects two gradients to be equal, as tensors and element by element, with an error that shows the worst element. A gradient of zeros
 * may be absent.
 */
export function expectClose(
  name: string,
  found: NdArray | undefined,
  expected: ArrayLike<number>,
  tolerance = 1e-3,
): void {
  if (!found && Array.from(expected).every((slope) => slope === 0)) return;
  expect(found, `${name} exists`).toBeDefined();
  const values = toFloat32(found!);
  expect(values.length, `${name} has the size of its value`).toBe(expected.length);
  let [difference, norm, worst, largest] = [0, 0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(values[i]! - expected[i]!);
    difference += error ** 2;
    norm += expected[i]! ** 2;
    largest = Math.max(largest, Math.abs(expected[i]!));
    if (!(error <= Math.abs(values[worst]! - expected[worst]!))) worst = i;
  }
  const report = `${name}: element ${worst} of [${found!.dims}] is ${values[worst]} instead of ${expected[worst]}`;
  expect(Math.sqrt(difference), report).toBeLessThanOrEqual(tolerance * (Math.sqrt(norm) + 0.1));
  expect(Math.abs(values[worst]! - expected[worst]!), report).toBeLessThanOrEqual(
    tolerance * (4 * largest + 0.1),
  );
}

/** The gradient of the sum of a network's outputs by its input, at that value. */
export async function gradientOfSum(
  draw: (g: GraphBuilder, x: string) => string,
  value: NdArray,
): Promise<NdArray> {
  const stated: GradientCase = { inputs: [value.dims], draw: ({ g }, [x]) => draw(g, x!) };
  const drawn = { ...(await drawCase(stated)), values: new Map([['x0', value]]) };
  const dims = drawn.traced.shapeOf(drawn.output)!;
  const ones: NdArray = { type: 'float32', dims, data: new Float32Array(elementCount(dims)).fill(1) };
  return (await writtenGradients(stated, drawn, ones, false)).get('x0')!;
}

async function drawCase({ inputs, draw, values = 'normal', ...options }: GradientCase): Promise<Drawn> {
  const g = new GraphBuilder(options);
  const random = createRandom(5);
  const known = new Map<string, NdArray>();
  const make = (dims: readonly number[], index = 0): NdArray => {
    const array = randomArray(dims, random);
    if (values === 'normal') return array;
    const data = array.data as Float32Array;
    return {
      ...array,
      data:
        values === 'positive' ? data.map((x) => Math.abs(x) + 0.3) : spacedOut(data, index, inputs.length),
    };
  };
  const names = inputs.map((dims, i) => {
    const name = g.input(`x${i}`, dims);
    known.set(name, make(dims, i));
    return name;
  });
  const output = draw(
    {
      g,
      weight(...dims) {
        const array = make(dims);
        const name = g.constant(array);
        known.set(name, array);
        return name;
      },
      fixed: (...dims) => g.constant(make(dims)),
      op: (opType, operands, attributes) => g.node(opType, operands, attributes),
    },
    names,
  );
  g.output(output);
  return { traced: await traceModel(g.model(), engine), output, values: known };
}

/** Values in the order of `data`, a fixed spacing apart, also from those of the other inputs, and half of it from 0. */
function spacedOut(data: Float32Array, index: number, count: number): Float32Array {
  const order = [...data.keys()].sort((a, b) => data[a]! - data[b]!);
  const result = new Float32Array(data.length);
  for (const [rank, i] of order.entries()) {
    result[i] = ((rank - Math.floor(data.length / 2)) * count + index + 0.5) * SPACING;
  }
  return result;
}

function writeCase(
  stated: GradientCase,
  { traced, output, values }: Drawn,
  contrib: boolean,
): { readonly g: GraphBuilder; readonly pass: ForwardPass } {
  const g = new GraphBuilder({ opset: traced.opset, domains: DOMAINS });
  const given = new Map([...values].map(([name, { dims }]) => [name, g.input(name, dims)]));
  g.reserve(traced.nodes.flatMap((node) => node.outputs));
  const pass = writeForward({
    traced,
    emit: new Emitter(g, { opset: traced.opset, contrib }),
    choices: stated.choices ?? plainChoices,
    targets: [output],
    given,
    normalization: stated.normalization ?? 'running',
  });
  return { g, pass };
}

interface Forward {
  run(values: ReadonlyMap<string, NdArray>): Promise<NdArray>;
  close(): Promise<void>;
}

async function openForward(stated: GradientCase, drawn: Drawn): Promise<Forward> {
  const { g, pass } = writeCase(stated, drawn, false);
  const output = pass.values.get(drawn.output)!;
  g.output(output);
  const session = await load(g);
  return {
    run: async (values) => (await session.run(Object.fromEntries(values)))[output]!,
    close: () => session.close(),
  };
}

const load = (g: GraphBuilder): Promise<Session> => engine.load(g.model(), { threads: 1 });

async function expectSameOutput({ traced, output, values }: Drawn, found: NdArray): Promise<void> {
  const session = await engine.load(traced.model, { threads: 1 });
  try {
    const feeds = Object.fromEntries(traced.inputNames.map((name) => [name, values.get(name)!]));
    expectClose('output', found, toFloat32((await session.run(feeds))[output]!), 1e-5);
  } finally {
    await session.close();
  }
}

/** Derivatives of Σ loss·output by every element, of fourth order in the step. */
async function differences(
  forward: Forward,
  values: ReadonlyMap<string, NdArray>,
  loss: Float32Array,
): Promise<ReadonlyMap<string, Float64Array>> {
  const lossAt = async (name: string, index: number, step: number): Promise<readonly [number, number]> => {
    const array = values.get(name)!;
    const data = (array.data as Float32Array).slice();
    data[index]! += step;
    const output = toFloat32(await forward.run(new Map([...values, [name, { ...array, data }]])));
    return [output.reduce((sum, y, i) => sum + y * loss[i]!, 0), data[index]!];
  };
  const result = new Map<string, Float64Array>();
  for (const [name, { data }] of values) {
    const gradient = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const [near, right] = [await lossAt(name, i, -STEP), await lossAt(name, i, STEP)];
      const [far, farRight] = [await lossAt(name, i, -2 * STEP), await lossAt(name, i, 2 * STEP)];
      const slope = (right[0] - near[0]) / (right[1] - near[1]);
      const wide = (farRight[0] - far[0]) / (farRight[1] - far[1]);
      gradient[i] = (4 * slope - wide) / 3;
    }
    result.set(name, gradient);
  }
  return result;
}

async function writtenGradients(
  stated: GradientCase,
  drawn: Drawn,
  loss: NdArray,
  contrib: boolean,
): Promise<ReadonlyMap<string, NdArray>> {
  const { g, pass } = writeCase(stated, drawn, contrib);
  const wrt = new Set(drawn.values.keys());
  checkDifferentiable(drawn.traced, [drawn.output], wrt);
  const gradients = differentiate(pass, new Map([[drawn.output, g.constant(loss)]]), wrt);
  // A gradient may be a value that is an output or an input already.
  const names = new Map([...gradients].map(([name, value]) => [name, g.node('Identity', [value])]));
  for (const value of names.values()) g.output(value);
  const session = await load(g);
  try {
    const results = await session.run(Object.fromEntries(drawn.values));
    return new Map([...names].map(([name, value]) => [name, results[value]!]));
  } finally {
    await session.close();
  }
}
