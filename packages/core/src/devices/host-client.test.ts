import { describe, expect, it } from 'vitest';
import type { HostFacts } from './device-host.ts';
import { type HostEvent, type HostOptions, type HostResponse, runHost } from './host-client.ts';
import type { HostJob, HostReport, JoinRequest, ServerMessage } from './host-protocol.ts';

const facts: HostFacts = {
  kind: 'browser',
  name: 'page',
  runtime: 'onnxruntime-web 1.30.0',
  providers: ['wasm'],
  processor: '',
  os: 'Android',
};
const job = (name: string): HostJob => ({
  job: name,
  provider: 'wasm',
  seed: 0,
  length: {},
  models: [{ name: 'a.onnx', bytes: 2 }],
});
const times = [{ name: 'a.onnx', rounds: [[1]] }];

/** A server of a few lines: `streams` is what it sends on the first connection, the second, …; a word is a status it answers with. */
class Stage {
  readonly joins: JoinRequest[] = [];
  readonly reports: (readonly [job: string, report: HostReport])[] = [];
  readonly stale = new Set<string>();
  readonly #streams: readonly (readonly ServerMessage[] | number)[];

  constructor(...streams: readonly (readonly ServerMessage[] | number)[]) {
    this.#streams = streams;
  }

  readonly fetch: HostOptions['fetch'] = async (url, { headers, body, signal }) => {
    signal.throwIfAborted();
    const path = url.replace('http://server', '');
    const plan = this.#streams[path === '/api/join' ? this.joins.length : this.joins.length - 1]!;
    if (path === '/api/join') {
      this.joins.push(JSON.parse(body!));
      if (typeof plan === 'number') return answer(plan, { message: 'No.' });
      expect(headers.authorization).toBe('Bearer token');
      return answer(200, { id: 'i', key: 'key' });
    }
    expect(headers.authorization).toBe('Bearer key');
    if (path === '/api/stream') return answer(200, undefined, plan as readonly ServerMessage[]);
    const [, name = '', rest] = /^\/api\/jobs\/([^/]+)\/(.*)$/.exec(path)!;
    if (this.stale.has(name)) return answer(410, {});
    if (rest === 'reports') {
      this.reports.push([name, JSON.parse(body!)]);
      return answer(204, {});
    }
    expect(rest).toBe('models/0');
    return answer(200, {});
  };
}

/** Lines come in pieces that know nothing of lines. */
function answer(status: number, body: unknown, lines: readonly ServerMessage[] = []): HostResponse {
  const bytes = new TextEncoder().encode(`\n${lines.map((line) => `${JSON.stringify(line)}\n`).join('')}`);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.slice(7 * i, 7 * i + 7));
  const read = async () => {
    const value = pieces.shift();
    return { done: value === undefined, value };
  };
  return {
    ok: status < 300,
    status,
    json: async () => body,
    arrayBuffer: async () => Uint8Array.of(7, 8).buffer,
    body: { getReader: () => ({ read }) },
  };
}

async function play(stage: Stage, more: Partial<HostOptions> = {}): Promise<readonly HostEvent[]> {
  const events: HostEvent[] = [];
  const options: HostOptions = {
    fetch: stage.fetch,
    sleep: (ms, signal) =>
      // Beats are far apart, tries are not waited for.
      ms > 5000
        ? new Promise((resolve) => signal?.addEventListener('abort', resolve as () => void))
        : Promise.resolve(),
    url: 'http://server',
    token: 'token',
    facts,
    async *measure(_, [bytes]) {
      expect(bytes).toEqual(Uint8Array.of(7, 8));
      yield { type: 'timed', times };
    },
    ...more,
  };
  for await (const event of runHost(options)) events.push(event);
  return events;
}

const typesOf = (events: readonly HostEvent[]): readonly string[] => events.map(({ type }) => type);

describe('runHost', () => {
  it('measures a job after its models came, until the server says goodbye', async () => {
    // The goodbye comes when the times are there: before, it would call them off.
    const stage = new Stage([{ type: 'job', ...job('one') }], [{ type: 'bye' }]);
    let finish = (): void => {};
    const measured = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const fetch: HostOptions['fetch'] = async (url, request) => {
      const given = await stage.fetch(url, request);
      if (request.body?.includes('"timed"')) finish();
      if (!url.endsWith('/api/stream') || stage.joins.length > 1) return given;
      const reader = given.body!.getReader();
      const read = async () => {
        const next = await reader.read();
        if (next.done) await measured;
        return next;
      };
      return { ...given, body: { getReader: () => ({ read }) } };
    };
    const events = await play(stage, { fetch });
    expect(typesOf(events)).toEqual(['joined', 'job', 'fetched', 'report', 'lost', 'joined', 'bye']);
    expect(stage.reports).toEqual([['one', { type: 'timed', times }]]);
  });

  it('joins again as who it was when the connection is lost', async () => {
    const stage = new Stage([], 503, [{ type: 'bye' }]);
    expect(typesOf(await play(stage))).toEqual(['joined', 'lost', 'lost', 'joined', 'bye']);
    expect(stage.joins).toEqual([
      { facts },
      ...[1, 2].map(() => ({ facts, former: { id: 'i', key: 'key' } })),
    ]);
  });

  it('leaves a job that somebody else has by now, or that nobody waits for', async () => {
    const stale = new Stage([{ type: 'job', ...job('gone') }, { type: 'bye' }]);
    stale.stale.add('gone');
    expect(typesOf(await play(stale))).toEqual(['joined', 'job', 'cancelled', 'bye']);
    const called = new Stage([
      { type: 'job', ...job('one') },
      { type: 'cancel', job: 'one' },
      { type: 'bye' },
    ]);
    const endless: HostOptions['measure'] = async function* (_job, _models, signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve as () => void));
      yield { type: 'timed', times };
    };
    expect(typesOf(await play(called, { measure: endless }))).toContain('cancelled');
    expect(called.reports).toEqual([]);
  });

  it.each([
    [403, 'device.refused', /does not know this pairing token/],
    [400, 'device.refused', /refuses this device: No\./],
    [500, 'device.unreachable', /does not answer/],
  ])('gives up at status %d with %s', async (status, code, message) => {
    const outcome = play(new Stage(status), { tries: 1 });
    await expect(outcome).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
