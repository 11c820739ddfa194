// The host's end of the line: joins a device server, measures what it is sent, and joins again when the connection was lost. A page and a
// worker on another machine differ only in what is passed in.
import { EspalierError } from '../errors.ts';
import type { HostFacts } from './device-host.ts';
import type { HostIdentity, HostJob, HostReport, ServerMessage } from './host-protocol.ts';

/** The part of a web response that is used. */
export interface HostResponse {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<unknown>;
  arrayBuffer(): Promise<ArrayBuffer>;
  readonly body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> };
  } | null;
}

/** The part of `fetch` that is used. */
export type HostFetch = (
  url: string,
  request: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<HostResponse>;

/** What a host is told to become one. */
export interface HostOptions {
  readonly fetch: HostFetch;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Of the server, without a slash at the end. */
  readonly url: string;
  /** The pairing token. */
  readonly token: string;
  readonly facts: HostFacts;
  /** Who it was before, if anybody. */
  readonly former?: HostIdentity;
  /** Measures the models of a job, given their bytes; aborted when nobody waits for the times any more. */
  readonly measure: (
    job: HostJob,
    models: readonly Uint8Array[],
    signal: AbortSignal,
  ) => AsyncIterable<HostReport>;
  /** How often it tries to join a server that does not answer before it gives up; without it again and again. */
  readonly tries?: number;
  /** Leaves. */
  readonly signal?: AbortSignal;
}

/** What happens to a host. */
export type HostEvent =
  | { readonly type: 'joined'; readonly identity: HostIdentity }
  | { readonly type: 'job'; readonly job: HostJob }
  /** A model was fetched: so many of those of the job. */
  | { readonly type: 'fetched'; readonly models: number }
  | { readonly type: 'report'; readonly report: HostReport }
  /** The server does not want the times of this job any more. */
  | { readonly type: 'cancelled' }
  /** The connection was lost, or there is none yet; it is tried again. */
  | { readonly type: 'lost' }
  /** The server has said goodbye. */
  | { readonly type: 'bye' };

const RETRY_MS = 2000;
const ALIVE_MS = 10_000;

/**
 * Joins and measures until the server says goodbye or the signal is aborted. Throws `device.refused` when the server refuses the token and
 * `device.unreachable` when it does not answer.
 */
export async function* runHost(options: HostOptions): AsyncGenerator<HostEvent, void, undefined> {
  const { sleep, signal, tries = Number.POSITIVE_INFINITY } = options;
  let { former } = options;
  for (let failures = 0; !signal?.aborted; ) {
    // Everything of this connection ends with it.
    const connection = new AbortController();
    const leave = (): void => connection.abort();
    signal?.addEventListener('abort', leave);
    try {
      const identity = await join(options, former, connection.signal);
      former = identity;
      failures = 0;
      yield { type: 'joined', identity };
      for await (const event of followStream(options, identity, connection.signal)) {
        yield event;
        if (event.type === 'bye') return;
      }
    } catch (error) {
      if (error instanceof EspalierError) throw error;
      if (!signal?.aborted && ++failures >= tries) throw unreachable(options.url, error);
    } finally {
      signal?.removeEventListener('abort', leave);
      connection.abort();
    }
    if (signal?.aborted) return;
    yield { type: 'lost' };
    await sleep(RETRY_MS, signal);
  }
}

async function join(
  { fetch, url, token, facts }: HostOptions,
  former: HostIdentity | undefined,
  signal: AbortSignal,
): Promise<HostIdentity> {
  const answer = await fetch(`${url}/api/join`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ facts, ...(former && { former }) }),
    signal,
  });
  if (answer.ok) return (await answer.json()) as HostIdentity;
  if (answer.status === 401 || answer.status === 403) {
    throw new EspalierError({
      kind: 'engine',
      code: 'device.refused',
      message: `The server at ${url} does not know this pairing token.`,
      hint: 'Take the address that the server prints now: every start has a token of its own.',
    });
  }
  if (answer.status >= 400 && answer.status < 500) {
    const { message = '' } = (await answer.json().catch(() => ({}))) as { readonly message?: string };
    throw new EspalierError({
      kind: 'engine',
      code: 'device.refused',
      message: `The server at ${url} refuses this device: ${message}`,
      hint: 'Both ends need the same version of espalier.',
    });
  }
  throw new Error(`The server answers ${answer.status}.`);
}

/** Jobs one after another; while one is measured the stream is read on. */
async function* followStream(
  options: HostOptions,
  identity: HostIdentity,
  signal: AbortSignal,
): AsyncGenerator<HostEvent, void, undefined> {
  const messages = readMessages(options, identity, signal);
  const readNext = (): ReturnType<typeof messages.next> => {
    const reading = messages.next();
    // It fails when the connection ends, whether or not anybody is waiting for it just then.
    reading.catch(() => {});
    return reading;
  };
  let next = readNext();
  for (;;) {
    const { done, value: message } = await next;
    if (done) return;
    if (message.type === 'bye') {
      yield { type: 'bye' };
      return;
    }
    next = readNext();
    if (message.type !== 'job') continue;
    const { type: _, ...job } = message;
    yield { type: 'job', job };
    yield* workOn(job, next, options, identity, signal);
  }
}

/** Works on a job until it is done or something else comes down the stream. */
async function* workOn(
  job: HostJob,
  interruption: Promise<unknown>,
  options: HostOptions,
  identity: HostIdentity,
  connection: AbortSignal,
): AsyncGenerator<HostEvent, void, undefined> {
  const work = new AbortController();
  const stop = (): void => work.abort();
  interruption.then(stop, stop);
  const post = (report: HostReport): Promise<void> => postReport(job, report, options, identity, connection);
  void beat(() => post({ type: 'alive' }), options.sleep, work.signal);
  try {
    const models: Uint8Array[] = [];
    for (const index of job.models.keys()) {
      models.push(await fetchModel(job, index, options, identity, work.signal));
      yield { type: 'fetched', models: models.length };
    }
    work.signal.throwIfAborted();
    for await (const report of measureWithFailure(job, models, options, work.signal)) {
      work.signal.throwIfAborted();
      await post(report);
      yield { type: 'report', report };
    }
  } catch (error) {
    if (!work.signal.aborted && !(error instanceof StaleJob)) throw error;
    yield { type: 'cancelled' };
  } finally {
    work.abort();
  }
}

/** The server has given the job to somebody else, or up. */
class StaleJob extends Error {}

/** Tells the server every few seconds that the host is still there, whatever it is busy with. */
async function beat(
  post: () => Promise<void>,
  sleep: HostOptions['sleep'],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await sleep(ALIVE_MS, signal);
    if (signal.aborted) return;
    await post().catch(() => {});
  }
}

/** A measurement that ends with its failure, if it fails. */
async function* measureWithFailure(
  job: HostJob,
  models: readonly Uint8Array[],
  { measure }: HostOptions,
  signal: AbortSignal,
): AsyncGenerator<HostReport, void, undefined> {
  try {
    yield* measure(job, models, signal);
  } catch (error) {
    yield describeFailure(error);
  }
}

async function fetchModel(
  { job }: HostJob,
  index: number,
  { fetch, url }: HostOptions,
  { key }: HostIdentity,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/api/jobs/${job}/models/${index}`, { method: 'GET', headers, signal });
  refuseBadAnswer(answer);
  return new Uint8Array(await answer.arrayBuffer());
}

function refuseBadAnswer({ ok, status }: HostResponse): void {
  if (status === 404 || status === 410) throw new StaleJob();
  if (!ok) throw new Error(`The server answers ${status}.`);
}

async function postReport(
  { job }: HostJob,
  report: HostReport,
  { fetch, url }: HostOptions,
  { key }: HostIdentity,
  signal: AbortSignal,
): Promise<void> {
  const answer = await fetch(`${url}/api/jobs/${job}/reports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(report),
    signal,
  });
  refuseBadAnswer(answer);
}

async function* readMessages(
  { fetch, url }: HostOptions,
  { key }: HostIdentity,
  signal: AbortSignal,
): AsyncGenerator<ServerMessage, void, undefined> {
  const answer = await fetch(`${url}/api/stream`, {
    method: 'GET',
    headers: { authorization: `Bearer ${key}` },
    signal,
  });
  if (!answer.ok || answer.body === null) throw new Error(`The server answers ${answer.status}.`);
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const lines = text.split('\n');
    text = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as ServerMessage;
  }
}

function describeFailure(error: unknown): HostReport {
  if (error instanceof EspalierError) {
    const { kind, code, message, hint } = error;
    return { type: 'failed', kind, code, message, ...(hint !== undefined && { hint }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', kind: 'engine', code: 'device.failed', message };
}

function unreachable(url: string, cause: unknown): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'device.unreachable',
    message: `The server at ${url} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Is it still running, and does it listen on the network (--host)?',
    cause,
  });
}
