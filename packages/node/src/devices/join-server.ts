// This machine as a device of another one: joins its device server and measures what it is sent.
import { availableParallelism, cpus, hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Engine,
  EspalierError,
  type HostEvent,
  type HostFacts,
  type HostJob,
  type HostReport,
  runHost,
} from '@espalier/core';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { findProviders } from './find-providers.ts';
import { createLocalDevice } from './local-device.ts';

/** Where to join, and as what. */
export interface JoinOptions {
  /** Address that the server printed; it may hold the token behind `#`. */
  readonly url: string;
  /** The pairing token, where the address does not hold it. */
  readonly token?: string;
  /** What the server calls this machine, default its host name. */
  readonly name?: string;
  /** Default: onnxruntime-node. */
  readonly engine?: Engine;
  /** How often a server that does not answer is tried, two seconds apart; default 30. */
  readonly tries?: number;
  /** Leaves. */
  readonly signal?: AbortSignal;
}

/**
 * Joins a device server until it says goodbye or the signal is aborted. Throws `device.bad-url`, `device.refused`, `device.unreachable` and
 * `engine.unavailable`.
 */
export async function* joinServer(options: JoinOptions): AsyncGenerator<HostEvent, void, undefined> {
  const { engine = createOrtEngine(), tries = 30, signal } = options;
  const { url, token } = readAddress(options);
  yield* runHost({
    fetch,
    sleep: (ms, until) => delay(ms, undefined, until && { signal: until }).catch(() => {}),
    url,
    token,
    facts: await describeHost(engine, options.name),
    measure: (job, models, until) => measureHere(engine, job, models, until),
    tries,
    ...(signal && { signal }),
  });
}

async function describeHost(engine: Engine, name = hostname()): Promise<HostFacts> {
  const providers = (await findProviders(engine)).filter(({ obstacle }) => obstacle === undefined);
  return {
    kind: 'machine',
    name,
    runtime: `${engine.name} ${engine.version}`,
    providers: providers.map((provider) => provider.name),
    processor: cpus()[0]?.model.trim() ?? '',
    cores: availableParallelism(),
    os: `${process.platform}-${process.arch}`,
  };
}

async function* measureHere(
  engine: Engine,
  job: HostJob,
  bytes: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<HostReport, void, undefined> {
  const { provider, threads, models, seed, length } = job;
  const device = await createLocalDevice({ engine, provider, ...(threads !== undefined && { threads }) });
  const subjects = models.map(({ name, inputSize }, i) => ({
    name,
    bytes: bytes[i]!,
    ...(inputSize && { inputSize }),
  }));
  for await (const event of device.time(subjects, { ...length, seed, signal })) {
    yield event.type === 'timed' ? { type: 'timed', times: event.times } : event;
  }
}

function readAddress({ url, token }: JoinOptions): { readonly url: string; readonly token: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const given = token ?? decodeURIComponent(parsed?.hash.slice(1) ?? '');
  if (parsed && /^https?:$/.test(parsed.protocol) && given !== '')
    return { url: parsed.origin, token: given };
  throw new EspalierError({
    kind: 'usage',
    code: 'device.bad-url',
    message: parsed ? `The address '${url}' holds no pairing token.` : `'${url}' is no address of a server.`,
    hint: 'Take the whole address that the server prints, with what stands behind #.',
  });
}
