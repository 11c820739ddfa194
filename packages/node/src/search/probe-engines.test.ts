import { GraphBuilder } from '@espalier/core';
import { expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { chooseProbeWorkers, openProbeEngines } from './probe-engines.ts';

const engine = createOrtEngine();

it('takes a worker for every four threads, and four at most', () => {
  expect([1, 2, 4, 7, 8, 16, 64].map(chooseProbeWorkers)).toEqual([1, 1, 1, 1, 2, 4, 4]);
});

it('stays with the engine that is there for one worker, and on other providers', () => {
  const load = { provider: 'webgpu', threads: 8 };
  expect(openProbeEngines(engine, 1)).toMatchObject({ engines: [engine], load: undefined });
  expect(openProbeEngines(engine, 4, load)).toMatchObject({ engines: [engine], load });
});

it('opens as many as asked for, which share the threads out and end with it', async () => {
  const g = new GraphBuilder();
  g.output(g.node('Neg', [g.input('x', [1])], {}, 'y'), [1]);
  const { engines, load, close } = openProbeEngines(engine, 3, { threads: 8 });
  expect(load).toEqual({ threads: 2 });
  expect(engines.map(({ name }) => name)).toEqual(Array(3).fill('onnxruntime-node'));
  const session = await engines[2]!.load(g.model(), load);
  const { y_out } = await session.run({ x: { type: 'float32', dims: [1], data: Float32Array.of(2) } });
  expect(y_out!.data).toEqual(Float32Array.of(-2));
  await close();
  await expect(engines[0]!.load(g.model())).rejects.toMatchObject({ code: 'workers.closed' });
});
