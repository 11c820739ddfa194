import { GraphBuilder } from '@espalier/core';
import { afterAll, expect, it } from 'vitest';
import { describeEngine } from '../../../core/src/engine/engine.case.ts';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { type EngineThread, startEngineThread } from './engine-thread.ts';

const threads: EngineThread[] = [];
afterAll(() => Promise.all(threads.map(({ stop }) => stop())));

function start(): EngineThread {
  const thread = startEngineThread(createOrtEngine());
  threads.push(thread);
  return thread;
}

describeEngine({ name: 'onnxruntime-node on a worker thread', createEngine: start });

function negate() {
  const g = new GraphBuilder();
  g.output(g.node('Neg', [g.input('x', [2])], {}, 'y'), [2]);
  return g.model();
}
const feeds = { x: { type: 'float32', dims: [2], data: Float32Array.of(1, -2) } } as const;

it('leaves the feeds to whoever gave them', async () => {
  const session = await start().load(negate());
  const first = await session.run(feeds);
  expect(await session.run(feeds)).toEqual(first);
  expect(feeds.x.data).toEqual(Float32Array.of(1, -2));
});

it('fails what is under way when it is stopped, and all that comes later', async () => {
  const thread = start();
  const session = await thread.load(negate());
  const flying = expect(session.run(feeds)).rejects.toMatchObject({ code: 'workers.closed' });
  await thread.stop();
  await flying;
  await expect(thread.load(negate())).rejects.toMatchObject({ code: 'workers.closed' });
});
