import { type Engine, EspalierError } from '@espalier/core';
import { expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { settleProvider } from './settle-provider.ts';

const engine = createOrtEngine();

it('asks nothing of the processor', async () => {
  expect(await settleProvider(engine, { threads: 1 })).toEqual({ load: { threads: 1 } });
});

it('gives way to the processor, and says why, where a provider is not part of the build', async () => {
  const settled = await settleProvider(engine, { provider: 'coreml-of-another-build', threads: 1 });
  expect(settled.load).toEqual({ threads: 1 });
  expect(settled.note).toBe(
    "Execution provider 'coreml-of-another-build' is not available: it is not part of this build. The training runs on the processor instead.",
  );
});

it('passes on what is wrong beside', async () => {
  const broken: Engine = {
    ...engine,
    load: () =>
      Promise.reject(new EspalierError({ kind: 'engine', code: 'engine.unavailable', message: 'no' })),
  };
  await expect(settleProvider(broken, { provider: 'webgpu' })).rejects.toMatchObject({
    code: 'engine.unavailable',
  });
});
