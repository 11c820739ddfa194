import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detachWeights, GraphBuilder, type NdArray } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { describeEngine } from '../../../core/src/engine/engine.case.ts';
import { createOrtEngine, listProviders, type OrtModule } from './ort-engine.ts';

describeEngine({ name: 'onnxruntime-node', createEngine: createOrtEngine });

const x: NdArray = { type: 'float32', dims: [2], data: Float32Array.of(1, 2) };

function addModel() {
  const g = new GraphBuilder();
  g.output(g.node('Add', [g.input('x', [2]), g.constant({ dims: [2], data: [10, 20] })], {}, 'sum'), [2]);
  return g.model();
}

describe('createOrtEngine', () => {
  it('says which platform has no runtime when the native binding is missing', async () => {
    const engine = createOrtEngine(() => Promise.reject(new Error("Cannot find module 'binding.node'")));
    await expect(engine.load(addModel())).rejects.toMatchObject({
      kind: 'engine',
      code: 'engine.unavailable',
      message: `ONNX Runtime cannot be loaded on ${process.platform}-${process.arch}: Cannot find module 'binding.node'`,
      hint: expect.stringContaining('onnxruntime-node'),
    });
  });

  it('hands the memory plan on to the runtime, which plans by default', async () => {
    const stated: unknown[] = [];
    const engine = createOrtEngine(async () => {
      const { default: runtime } = await import('onnxruntime-node');
      const create = (model: Uint8Array, options: { readonly enableMemPattern?: boolean }) => {
        stated.push(options.enableMemPattern);
        return runtime.InferenceSession.create(model, options);
      };
      return { ...runtime, InferenceSession: { create } } as unknown as OrtModule;
    });
    for (const memoryPlan of [undefined, false]) {
      const session = await engine.load(addModel(), memoryPlan === undefined ? {} : { memoryPlan });
      expect((await session.run({ x })).sum_out?.data).toEqual(Float32Array.of(11, 22));
      await session.close();
    }
    expect(stated).toEqual([undefined, false]);
  });

  it('reads external weights from files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'espalier-engine-'));
    try {
      const { model, files } = detachWeights(addModel(), 1);
      const paths = await Promise.all(
        files.map(async ({ location, data }) => {
          const path = join(folder, location);
          await writeFile(path, data);
          return { location, data: path };
        }),
      );
      const session = await createOrtEngine().load(model, { externalFiles: paths });
      expect((await session.run({ x })).sum_out?.data).toEqual(Float32Array.of(11, 22));
      await session.close();

      const lost = [{ location: files[0]!.location, data: join(folder, 'lost.bin') }];
      await expect(createOrtEngine().load(model, { externalFiles: lost })).rejects.toMatchObject({
        code: 'io.no-file',
        message: expect.stringContaining('lost.bin'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('takes feeds in shared memory, which the runtime itself refuses', async () => {
    const session = await createOrtEngine().load(addModel());
    const data = new Float32Array(new SharedArrayBuffer(8));
    data.set([3, 4]);
    expect((await session.run({ x: { ...x, data } })).sum_out?.data).toEqual(Float32Array.of(13, 24));
    await session.close();
  });

  it('frees outputs that it is told to, and returns others as before', async () => {
    const session = await createOrtEngine().load(addModel());
    const outputs = await session.run({ x });
    session.discard?.(outputs);
    expect(outputs.sum_out?.data).toHaveLength(0);
    expect((await session.run({ x })).sum_out?.data).toEqual(Float32Array.of(11, 22));
    await session.close();
  });

  it('writes a profile where it is told to and says where', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'espalier-engine-'));
    try {
      const session = await createOrtEngine().load(addModel(), { profile: join(folder, 'trace') });
      await session.run({ x });
      expect(session.endProfiling?.()).toMatch(/trace_.*\.json$/);
      expect(session.endProfiling?.()).toBeUndefined();
      await session.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('tells a missing graphics adapter from a model that is refused', async () => {
    // Every build knows webgpu, not every machine has an adapter: both outcomes are right, confusing them is not.
    const outcome = await createOrtEngine()
      .load(addModel(), { provider: 'webgpu' })
      .then(
        async (session) => {
          const { sum_out } = await session.run({ x });
          await session.close();
          return sum_out?.data;
        },
        (error: unknown) => error,
      );
    if (outcome instanceof Float32Array) expect(outcome).toEqual(Float32Array.of(11, 22));
    else
      expect(outcome).toMatchObject({
        code: 'engine.provider-unavailable',
        message: expect.stringContaining("'webgpu' is not available"),
      });
  });

  it('names the value and its type when an output holds strings', async () => {
    const g = new GraphBuilder();
    const text = g.node('Cast', [g.input('x', [2])], { to: 8 }, 'text');
    g.output(g.node('Relu', ['x'], {}, 'relu'), [2]);
    const model = g.model();
    const outputs = [...model.graph.outputs, { name: text }];
    const session = await createOrtEngine().load({ ...model, graph: { ...model.graph, outputs } });
    expect(session.outputs[1]).toEqual({ name: text, type: 'string', dims: [2] });
    expect(Object.keys(await session.run({ x }))).toEqual(['relu_out']);
    await expect(session.run({ x }, [text])).rejects.toThrow(`Output '${text}' holds string elements`);
    await session.close();
  });
});

it('knows the cpu provider everywhere', async () => {
  expect(await listProviders()).toContain('cpu');
});
