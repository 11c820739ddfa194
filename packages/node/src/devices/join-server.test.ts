import { encodeModel, GraphBuilder } from '@espalier/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timeOnDevice } from './device.ts';
import { joinServer } from './join-server.ts';
import { type DeviceServer, openDeviceServer } from './server/device-server.ts';

let server: DeviceServer;
let origin: string;
beforeEach(async () => {
  server = await openDeviceServer({ port: 0 });
  origin = new URL(server.urls[0]!).origin;
});
afterEach(() => server.close());

describe('joinServer', () => {
  const product = (): Uint8Array => {
    const g = new GraphBuilder();
    const w = g.constant({ dims: [8, 8], data: new Float32Array(64).fill(0.1) });
    g.output(g.node('MatMul', [g.input('x', ['N', 8]), w]), ['N', 8]);
    return encodeModel(g.model());
  };

  it('measures what it is sent until the server says goodbye', async () => {
    const seen: string[] = [];
    const worker = (async () => {
      for await (const event of joinServer({ url: server.urls[0]!, name: 'board' })) seen.push(event.type);
    })();
    const host = await server.hub.waitForHost((joined) => joined.facts.kind === 'machine');
    const device = server.hub.openDevice(host, { threads: 1 });
    const { times: measured } = await timeOnDevice(
      device,
      [{ name: 'a', bytes: product(), inputSize: { x: [4, 8] } }],
      { minRounds: 3, minSeconds: 0 },
    );
    expect(device.description).toMatchObject({ name: 'board', provider: 'cpu', threads: 1 });
    expect(measured[0]!.rounds.length).toBeGreaterThanOrEqual(3);
    await expect(
      timeOnDevice(device, [{ name: 'open', bytes: product() }], { minRounds: 3, minSeconds: 0 }),
    ).rejects.toMatchObject({
      kind: 'usage',
      code: 'device.open-dims',
      message: expect.stringMatching(/^board: /),
    });
    await server.close();
    await worker;
    expect(seen.slice(0, 3)).toEqual(['joined', 'job', 'fetched']);
    expect(seen.at(-1)).toBe('bye');
  });

  it.each([
    ['device.bad-url', 'usage', () => ({ url: origin })],
    ['device.bad-url', 'usage', () => ({ url: 'board' })],
    ['device.refused', 'engine', () => ({ url: origin, token: 'other' })],
    ['device.unreachable', 'engine', () => ({ url: 'http://127.0.0.1:9/#x', tries: 1 })],
  ])('says %s', async (code, kind, options) => {
    const joining = (async () => {
      for await (const _ of joinServer(options())) break;
    })();
    await expect(joining).rejects.toMatchObject({ code, kind, hint: expect.any(String) });
  });

  it('leaves when it is told to', async () => {
    const controller = new AbortController();
    void server.hub.waitForHost(() => true).then(() => controller.abort());
    const seen: string[] = [];
    for await (const { type } of joinServer({ url: server.urls[0]!, signal: controller.signal }))
      seen.push(type);
    expect(seen).toEqual(['joined']);
  });
});
