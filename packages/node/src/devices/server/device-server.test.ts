import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostIdentity, ServerMessage } from '@espalier/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeviceEvent, timeOnDevice } from '../device.ts';
import { joinServer } from '../join-server.ts';
import { type DeviceServer, openDeviceServer } from './device-server.ts';

const facts = {
  kind: 'browser',
  name: 'Chrome on Android',
  runtime: 'onnxruntime-web 1.30.0',
  providers: ['wasm'],
  processor: '',
  os: 'Android',
  defaultThreads: 2,
};

let folder: string;
let server: DeviceServer;
let origin: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-server-'));
  const page = join(folder, 'page.html');
  await writeFile(page, '<title>page</title>');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  const files = new Map([['/', { path: page, type: 'text/html' }]]);
  server = await openDeviceServer({ port: 0, files });
  origin = new URL(server.urls[0]!).origin;
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const post = (path: string, token: string | undefined, body: unknown): Promise<Response> =>
  fetch(`${origin}${path}`, {
    method: 'POST',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const get = (path: string, key?: string): Promise<Response> =>
  fetch(`${origin}${path}`, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });

/** The status of a path that a client would tidy up before it sends it. */
function rawStatus(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    httpRequest({ hostname, port, path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

/** A host that answers as the test wants. */
class StandIn {
  readonly identity: HostIdentity;
  readonly #messages: AsyncGenerator<ServerMessage>;
  readonly #gone: AbortController;

  private constructor(
    identity: HostIdentity,
    messages: AsyncGenerator<ServerMessage>,
    gone: AbortController,
  ) {
    this.identity = identity;
    this.#messages = messages;
    this.#gone = gone;
  }

  static async join(former?: HostIdentity): Promise<StandIn> {
    const answer = await post('/api/join', server.token, { facts, ...(former && { former }) });
    const identity = (await answer.json()) as HostIdentity;
    const gone = new AbortController();
    const stream = await fetch(`${origin}/api/stream`, {
      headers: { authorization: `Bearer ${identity.key}` },
      signal: gone.signal,
    });
    return new StandIn(identity, readLines(stream), gone);
  }

  async next(): Promise<ServerMessage> {
    return (await this.#messages.next()).value;
  }

  async nextJob(): Promise<Extract<ServerMessage, { type: 'job' }>> {
    const message = await this.next();
    if (message.type !== 'job') throw new Error(`There came '${message.type}'.`);
    return message;
  }

  report(job: string, body: unknown): Promise<Response> {
    return post(`/api/jobs/${job}/reports`, this.identity.key, body);
  }

  leave(): void {
    this.#gone.abort();
  }
}

async function* readLines(answer: Response): AsyncGenerator<ServerMessage> {
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line);
  }
}

const models = [
  { name: '/home/somebody/a.onnx', bytes: Uint8Array.of(1, 2, 3) },
  { name: 'b.onnx', bytes: Uint8Array.of(4, 5), inputSize: { x: [1, 3] } },
];
const times = [
  { name: 'a', rounds: [[2], [2.5]] },
  { name: 'b', rounds: [[1], [1.5]] },
];

/** Starts a measurement on the first host there is. */
async function start(signal?: AbortSignal) {
  const host = await server.hub.waitForHost(() => true);
  const device = server.hub.openDevice(host);
  const events: DeviceEvent[] = [];
  const outcome = timeOnDevice(device, models, { seed: 3, ...(signal && { signal }) }, (event) =>
    events.push(event),
  );
  // A test may look at it later than it fails.
  outcome.catch(() => {});
  return { device, events, outcome };
}

describe('who may do what', () => {
  it('refuses to pair without the token and with another one', async () => {
    expect((await post('/api/join', undefined, { facts })).status).toBe(401);
    expect((await post('/api/join', 'k7qf-2m9x-4tzd', { facts })).status).toBe(403);
    expect((await post('/api/join', server.token, { facts: { name: 'x' } })).status).toBe(400);
    expect((await post('/api/join', server.token, 'no json')).status).toBe(400);
    expect(server.hub.hosts()).toEqual([]);
  });

  it('shows jobs and models to the host they were given to, and to nobody else', async () => {
    const host = await StandIn.join();
    const { outcome } = await start();
    const { job, models: told } = await host.nextJob();
    // Which folder a model lies in is nobody's business.
    expect(told).toEqual([
      { name: 'a.onnx', bytes: 3 },
      { name: 'b.onnx', bytes: 2, inputSize: { x: [1, 3] } },
    ]);
    const other = await StandIn.join();
    const path = `/api/jobs/${job}/models/1`;
    expect((await get(path)).status).toBe(401);
    expect((await get(path, server.token)).status).toBe(403);
    expect((await get(path, other.identity.key)).status).toBe(404);
    expect((await get('/api/jobs/other/models/1', host.identity.key)).status).toBe(404);
    expect((await get(`/api/jobs/${job}/models/2`, host.identity.key)).status).toBe(404);
    expect(new Uint8Array(await (await get(path, host.identity.key)).arrayBuffer())).toEqual(
      models[1]!.bytes,
    );
    expect((await other.report(job, { type: 'timed', times })).status).toBe(410);
    expect((await host.report(job, { type: 'timed', times })).status).toBe(204);
    expect((await outcome).times.map(({ name }) => name)).toEqual(['/home/somebody/a.onnx', 'b.onnx']);
    expect((await host.report(job, { type: 'timed', times })).status).toBe(410);
  });

  it('refuses bodies that are too large, with a length and without', async () => {
    const host = await StandIn.join();
    const large = 'x'.repeat(9 * 2 ** 20);
    expect((await host.report('any', large)).status).toBe(413);
    expect((await post('/api/join', undefined, large)).status).toBe(413);
    const chunked = await fetch(`${origin}/api/jobs/any/reports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${host.identity.key}` },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  it('serves the files of its table, isolated from other pages, and nothing else', async () => {
    const page = await get('/');
    expect(await page.text()).toBe('<title>page</title>');
    expect(page.headers.get('content-type')).toBe('text/html');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    const tag = page.headers.get('etag')!;
    expect((await fetch(origin, { headers: { 'if-none-match': tag } })).status).toBe(304);
    const paths = ['/secret.txt', '/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '//etc/passwd'];
    for (const path of [...paths, `/${folder}/secret.txt`, '/page.html', '/etc/passwd']) {
      expect([path, await rawStatus(path)]).toEqual([path, 404]);
    }
  });
});

describe('jobs', () => {
  it('reach the device with everything it needs, and come back with its description', async () => {
    const host = await StandIn.join();
    const { device, events, outcome } = await start();
    const { job, ...told } = await host.nextJob();
    expect(told).toMatchObject({ type: 'job', provider: 'wasm', threads: 2, seed: 3 });
    await host.report(job, { type: 'progress', rounds: 1, fraction: 0.5 });
    await host.report(job, { type: 'warning', message: 'It is warm.' });
    await host.report(job, { type: 'timed', times, threads: 2 });
    const { warnings, ...measured } = await outcome;
    expect(warnings).toEqual(['It is warm.']);
    expect(measured).toEqual({
      device: device.description,
      times: [
        { name: '/home/somebody/a.onnx', rounds: [[2], [2.5]] },
        { name: 'b.onnx', rounds: [[1], [1.5]] },
      ],
    });
    expect(events.map(({ type }) => type)).toEqual(['progress', 'warning']);
  });

  it.each([
    ['device.other-threads', { type: 'timed', times, threads: 1 }],
    ['device.bad-times', { type: 'timed', times: times.slice(1) }],
    ['engine.load-failed', { type: 'failed', kind: 'engine', code: 'engine.load-failed', message: 'No.' }],
  ])('fail with %s', async (code, report) => {
    const host = await StandIn.join();
    const { outcome } = await start();
    await host.report((await host.nextJob()).job, report);
    await expect(outcome).rejects.toMatchObject({ kind: 'engine', code });
  });

  it('do not believe what is no report', async () => {
    const host = await StandIn.join();
    const { outcome } = await start();
    const { job } = await host.nextJob();
    const rounds = [[2], [-1]];
    expect((await host.report(job, { type: 'timed', times: [{ name: 'a', rounds }] })).status).toBe(400);
    expect((await host.report(job, { type: 'shout' })).status).toBe(400);
    await host.report(job, { type: 'timed', times });
    await outcome;
  });

  it('are measured again from the start when their device leaves and returns', async () => {
    const host = await StandIn.join();
    const { events, outcome } = await start();
    const first = await host.nextJob();
    host.leave();
    const again = await StandIn.join(host.identity);
    expect(again.identity).toEqual(host.identity);
    const second = await again.nextJob();
    expect(second.job).not.toBe(first.job);
    expect((await again.report(first.job, { type: 'timed', times })).status).toBe(410);
    await again.report(second.job, { type: 'timed', times });
    expect((await outcome).times).toHaveLength(2);
    expect(events).toEqual([
      { type: 'warning', message: expect.stringMatching(/^Chrome on Android has left/) },
    ]);
  });

  it('go to another device of the same fingerprint when theirs leaves', async () => {
    const host = await StandIn.join();
    const { outcome } = await start();
    await host.nextJob();
    const twin = await StandIn.join();
    expect(server.hub.hosts().map((joined) => joined.facts.name)).toEqual([
      'Chrome on Android',
      'Chrome on Android 2',
    ]);
    host.leave();
    await twin.report((await twin.nextJob()).job, { type: 'timed', times });
    expect((await outcome).times).toHaveLength(2);
  });

  it('end with an error when their device does not come back', async () => {
    await server.close();
    server = await openDeviceServer({ port: 0, returnSeconds: 0.5 });
    origin = new URL(server.urls[0]!).origin;
    const host = await StandIn.join();
    const { outcome } = await start();
    await host.nextJob();
    host.leave();
    await expect(outcome).rejects.toMatchObject({ kind: 'engine', code: 'device.left' });
  });

  it('are called off when nobody waits for them any more', async () => {
    const host = await StandIn.join();
    const controller = new AbortController();
    const { outcome } = await start(controller.signal);
    const { job } = await host.nextJob();
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ code: 'interrupted' });
    expect(await host.next()).toEqual({ type: 'cancel', job });
  });
});

it('a host that falls silent in the middle of a job has left', async () => {
  const strict = await openDeviceServer({ port: 0, silenceSeconds: 0.2, returnSeconds: 0.2 });
  try {
    const worker = joinServer({ url: strict.urls[0]!, name: 'board' });
    const untilJob = async (): Promise<void> => {
      for (let type = ''; type !== 'job'; type = (await worker.next()).value?.type ?? 'job');
    };
    const joined = untilJob();
    const device = strict.hub.openDevice(await strict.hub.waitForHost(() => true));
    const outcome = timeOnDevice(device, models);
    // Nobody asks the worker for its next event any more, so it does nothing and says nothing.
    await joined;
    await expect(outcome).rejects.toMatchObject({ code: 'device.left' });
    await worker.return();
  } finally {
    await strict.close();
  }
});

it('says when its port is taken', async () => {
  const port = Number(new URL(origin).port);
  await expect(openDeviceServer({ port })).rejects.toMatchObject({
    kind: 'io',
    code: 'device.cannot-listen',
  });
});
