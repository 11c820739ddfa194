// What every engine must do, whichever runtime is behind it: one suite, run against each implementation.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EspalierError } from '../errors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { encodeModel } from '../onnx/codec.ts';
import type { Model } from '../onnx/model.ts';
import type { ArrayType, NdArray } from '../onnx/nd-array.ts';
import { detachWeights } from './detach-weights.ts';
import type { Engine, LoadOptions, Session } from './engine.ts';

/** Names of the cases an engine may be excused from. */
export type EngineCase = 'float16' | 'double precision' | 'external weights' | 'zero-size arrays';

/** An engine under test, and why it is excused from some cases. */
export interface EngineUnderTest {
  readonly name: string;
  readonly createEngine: () => Engine;
  /** Options every load gets, e.g. the provider. */
  readonly load?: LoadOptions;
  /** A reason per case that this engine cannot pass. */
  readonly skips?: Readonly<Partial<Record<EngineCase, string>>>;
}

const float32 = (dims: readonly number[], values: readonly number[]): NdArray => ({
  type: 'float32',
  dims,
  data: Float32Array.from(values),
});

/** Runs the suite of cases against one engine. */
export function describeEngine(subject: EngineUnderTest): void {
  describe(`engine ${subject.name}`, () => {
    const sessions: Session[] = [];
    let engine: Engine;
    beforeAll(() => {
      engine = subject.createEngine();
    });
    afterAll(() => Promise.all(sessions.map((session) => session.close())));

    const load = async (model: Model | Uint8Array, options: LoadOptions = {}): Promise<Session> => {
      const session = await engine.load(model, { ...subject.load, ...options });
      sessions.push(session);
      return session;
    };
    const unless = (name: EngineCase, test: () => Promise<void>): void => {
      const reason = subject.skips?.[name];
      if (reason === undefined) it(name, test);
      else it.skip(`${name} (${reason})`, test);
    };

    it('has a name and a version', () => {
      expect(engine.name).toMatch(/^onnxruntime-/);
      expect(engine.version).toMatch(/^\d+\.\d+\.\d+/);
    });

    it('adds, from a model and from its bytes', async () => {
      const model = unary((g, x) => g.node('Add', [x, g.constant({ dims: [2], data: [10, 20] })]), [2]);
      for (const form of [model, encodeModel(model)]) {
        const session = await load(form);
        expect((await session.run({ x: float32([2], [1, 2]) })).y_out).toEqual(float32([2], [11, 22]));
      }
    });

    it('convolves', async () => {
      const g = new GraphBuilder();
      const w = g.constant({ dims: [1, 1, 2, 2], data: [1, 2, 3, 4] });
      g.output(g.node('Conv', [g.input('x', [1, 1, 3, 3]), w], {}, 'conv'));
      const { conv_out } = await (await load(g.model())).run({
        x: float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      });
      expect(conv_out).toEqual(float32([1, 1, 2, 2], [37, 47, 67, 77]));
    });

    it.each<[ArrayType, NdArray['data']]>([
      ['int64', BigInt64Array.of(-(2n ** 62n), 3n)],
      ['int32', Int32Array.of(-5, 2 ** 30)],
      ['uint8', Uint8Array.of(0, 255)],
      ['int8', Int8Array.of(-128, 127)],
      ['bool', Uint8Array.of(1, 0)],
    ])('passes %s arrays through unchanged', async (type, data) => {
      const session = await load(unary((g, x) => g.node('Identity', [x]), [2], type));
      expect((await session.run({ x: { type, dims: [2], data } })).y_out).toEqual({ type, dims: [2], data });
    });

    unless('double precision', async () => {
      const session = await load(unary((g, x) => g.node('Add', [x, x]), [1], 'float64'));
      const x: NdArray = { type: 'float64', dims: [1], data: Float64Array.of(2 ** -30 + 1) };
      expect((await session.run({ x })).y_out?.data).toEqual(Float64Array.of(2 ** -29 + 2));
    });

    it('negates booleans as 0 and 1', async () => {
      const session = await load(unary((g, x) => g.node('Not', [x]), [2], 'bool'));
      const { y_out } = await session.run({ x: { type: 'bool', dims: [2], data: Uint8Array.of(1, 0) } });
      expect(y_out).toEqual({ type: 'bool', dims: [2], data: Uint8Array.of(0, 1) });
    });

    unless('float16', async () => {
      const session = await load(unary((g, x) => g.node('Add', [x, x]), [2], 'float16'));
      const x: NdArray = { type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) };
      const { y_out } = await session.run({ x });
      expect(y_out).toEqual({ type: 'float16', dims: [2], data: Uint16Array.of(0x4000, 0xc400) });
    });

    unless('zero-size arrays', async () => {
      const session = await load(unary((g, x) => g.node('Relu', [x]), ['N', 3]));
      expect((await session.run({ x: float32([0, 3], []) })).y_out).toEqual(float32([0, 3], []));
    });

    it('takes scalars', async () => {
      const session = await load(unary((g, x) => g.node('Neg', [x]), []));
      expect((await session.run({ x: float32([], [3]) })).y_out).toEqual(float32([], [-3]));
    });

    it('runs dynamic dims at several sizes and reports their names', async () => {
      const session = await load(unary((g, x) => g.node('Relu', [x]), ['N', 2]));
      expect(session.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['N', 2] }]);
      for (const n of [1, 3]) {
        const { y_out } = await session.run({ x: float32([n, 2], new Array(2 * n).fill(-1)) });
        expect(y_out?.dims).toEqual([n, 2]);
      }
    });

    it('infers the type of an output that declares none, and runs it', async () => {
      const g = new GraphBuilder();
      const x = g.input('x', ['N', 3]);
      g.output(g.node('Relu', [x], {}, 'relu'));
      const shape = g.node('Shape', [x], {}, 'shape');
      const model = g.model();
      const outputs = [...model.graph.outputs, { name: shape }];
      const session = await load({ ...model, graph: { ...model.graph, outputs } });
      expect(session.outputs[1]).toEqual({ name: shape, type: 'int64', dims: [2] });
      const results = await session.run({ x: float32([4, 3], new Array(12).fill(0)) });
      expect(results[shape]).toEqual({ type: 'int64', dims: [2], data: BigInt64Array.of(4n, 3n) });
    });

    it('runs a model without inputs', async () => {
      const g = new GraphBuilder();
      const w = g.constant({ dims: [2], data: [1, 2] });
      g.output(g.node('Add', [w, w], {}, 'sum'), [2]);
      const session = await load(g.model());
      expect(session.inputs).toEqual([]);
      expect((await session.run({})).sum_out).toEqual(float32([2], [2, 4]));
    });

    it('returns the outputs asked for, and all by default', async () => {
      const session = await load(twoOutputs());
      const feeds = { x: float32([1], [-2]) };
      expect(await session.run(feeds, ['neg_out'])).toEqual({ neg_out: float32([1], [2]) });
      expect(Object.keys(await session.run(feeds)).sort()).toEqual(['neg_out', 'relu_out']);
    });

    it('keeps what one run returned while the next one runs', async () => {
      const session = await load(unary((g, x) => g.node('Neg', [x]), [1]));
      const first = await session.run({ x: float32([1], [1]) });
      await session.run({ x: float32([1], [2]) });
      expect(first.y_out).toEqual(float32([1], [-1]));
    });

    it.each(['disabled', 'basic', 'extended', 'all'] as const)(
      'loads with optimisation %s',
      async (optimization) => {
        const session = await load(twoOutputs(), { optimization, threads: 1 });
        expect((await session.run({ x: float32([1], [3]) })).relu_out).toEqual(float32([1], [3]));
      },
    );

    it.each([true, false])('computes the same with memoryPlan %s, run after run', async (memoryPlan) => {
      const session = await load(twoOutputs(), { memoryPlan });
      for (const value of [3, 4]) {
        const { relu_out: result } = await session.run({ x: float32([1], [value]) });
        expect(result).toEqual(float32([1], [value]));
      }
    });

    unless('external weights', async () => {
      const model = unary((g, x) => g.node('Add', [x, g.constant({ dims: [2], data: [5, 6] })]), [2]);
      const detached = detachWeights(model, 1);
      expect(detached.files).toHaveLength(1);
      const session = await load(detached.model, { externalFiles: detached.files });
      expect((await session.run({ x: float32([2], [1, 1]) })).y_out).toEqual(float32([2], [6, 7]));
    });

    it('refuses bytes that are no model, and operators it does not know', async () => {
      const unknown = unary((g, x) => g.node('NoSuchOperator', [x]), [1]);
      for (const model of [Uint8Array.of(1, 2, 3), unknown]) {
        await expect(load(model)).rejects.toMatchObject({ kind: 'engine', code: 'engine.load-failed' });
      }
      await expect(load(unknown)).rejects.toThrow(/NoSuchOperator/);
    });

    it('refuses a provider it does not have', async () => {
      const attempt = load(twoOutputs(), { provider: 'abacus' });
      await expect(attempt).rejects.toMatchObject({ kind: 'engine', code: 'engine.provider-unavailable' });
      await expect(attempt).rejects.toThrow(/'abacus'/);
    });

    it.each<[string, Readonly<Record<string, NdArray>>, readonly string[] | undefined, RegExp]>([
      ['a missing feed', {}, undefined, /'x'/],
      ['a feed that is no input', { x: float32([1], [1]), z: float32([1], [1]) }, undefined, /'z'/],
      ['a wrong shape', { x: float32([2], [1, 2]) }, undefined, /x/],
      ['a wrong type', { x: { type: 'int32', dims: [1], data: Int32Array.of(1) } }, undefined, /int32/],
      ['too few elements', { x: float32([1], []) }, undefined, /'x'/],
      ['an output that does not exist', { x: float32([1], [1]) }, ['nowhere'], /nowhere/],
    ])('refuses %s', async (_, feeds, fetches, sentence) => {
      const session = await load(twoOutputs());
      const failure = await session.run(feeds, fetches).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(EspalierError);
      expect(failure).toMatchObject({ kind: 'engine', code: 'engine.run-failed' });
      expect((failure as EspalierError).message).toMatch(sentence);
    });

    it('refuses to run once closed, and closes twice without complaint', async () => {
      const session = await load(twoOutputs());
      await session.close();
      await session.close();
      await expect(session.run({ x: float32([1], [1]) })).rejects.toMatchObject({
        code: 'engine.run-failed',
      });
    });
  });
}

/** A model of one operator from `x` to `y_out`. */
function unary(
  write: (g: GraphBuilder, x: string) => string,
  dims: readonly (number | string)[],
  type: ArrayType = 'float32',
): Model {
  const g = new GraphBuilder();
  g.output(g.node('Identity', [write(g, g.input('x', dims, type))], {}, 'y'), dims, type);
  return g.model();
}

function twoOutputs(): Model {
  const g = new GraphBuilder();
  const x = g.input('x', [1]);
  g.output(g.node('Relu', [x], {}, 'relu'), [1]);
  g.output(g.node('Neg', [x], {}, 'neg'), [1]);
  return g.model();
}
