import { encodeModel, GraphBuilder } from '@espalier/core';
import { expect, it } from 'vitest';
import { timeOnDevice } from './device.ts';
import { createLocalDevice } from './local-device.ts';

function product(dims: readonly (number | string)[]): Uint8Array {
  const g = new GraphBuilder();
  const w = g.constant({ dims: [8, 8], data: new Float32Array(64).fill(0.1) });
  g.output(g.node('MatMul', [g.input('x', dims), w]), dims);
  return encodeModel(g.model());
}

const briefly = { warmup: 0, minRounds: 3, minSeconds: 0 };

it('times models that it is sent as bytes, and says which device the times belong to', async () => {
  const device = await createLocalDevice({ threads: 1 });
  const loaded: string[] = [];
  const { device: measuredOn, times } = await timeOnDevice(
    device,
    [
      { name: 'fixed', bytes: product([4, 8]) },
      { name: 'open', bytes: product(['N', 8]), inputSize: { x: [2, 8] } },
    ],
    briefly,
    (event) => {
      if (event.type === 'loaded') loaded.push(event.name);
    },
  );
  expect(loaded).toEqual(['fixed', 'open']);
  expect(measuredOn).toBe(device.description);
  expect(measuredOn).toMatchObject({ name: 'this machine', provider: 'cpu', threads: 1 });
  expect(measuredOn.runtime).toMatch(/^onnxruntime-node \d+\.\d+/);
  for (const { rounds } of times) {
    expect(rounds.length).toBeGreaterThanOrEqual(3);
    for (const ms of rounds.flat()) expect(ms).toBeGreaterThan(0);
  }
  await device.close();
});

it('tells devices apart by threads and provider', async () => {
  const [one, two, chosen] = await Promise.all(
    [1, 2, undefined].map((threads) => createLocalDevice({ ...(threads && { threads }) })),
  );
  expect(new Set([one, two, chosen].map((device) => device!.description.fingerprint)).size).toBe(3);
});

it('does not guess an open size', async () => {
  const device = await createLocalDevice();
  await expect(
    timeOnDevice(device, [{ name: 'open', bytes: product(['N', 8]) }], briefly),
  ).rejects.toMatchObject({
    code: 'device.open-dims',
  });
});
