// Who joins from elsewhere to measure: a browser or another machine. A host with a provider and a number of threads is a device.
import { EspalierError } from '../errors.ts';
import { type DeviceDescription, describeDevice } from './device-description.ts';

/** What a host says of itself when it joins. */
export interface HostFacts {
  readonly kind: 'browser' | 'machine';
  /** What people call it: `Chrome on Android`, the name of a machine. */
  readonly name: string;
  /** Its runtime with the version: `onnxruntime-web 1.30.0`. */
  readonly runtime: string;
  /** Its execution providers, the usual one first. */
  readonly providers: readonly string[];
  /** Model of the processor; empty where nothing tells. */
  readonly processor: string;
  /** Model of the graphics adapter, where there is one and it tells. */
  readonly adapter?: string;
  readonly cores?: number;
  readonly os: string;
  /** Browser with its major version. */
  readonly browser?: string;
  /** Threads it takes when nobody says how many; absent when the runtime chooses. */
  readonly defaultThreads?: number;
  /** Most threads it can take: 1 for a page without shared memory. Absent where there is no limit. */
  readonly maxThreads?: number;
}

/** Where on a host models run. */
export interface HostPlacement {
  /** Default: the first one of the host. */
  readonly provider?: string;
  /** Default: what the host takes by itself. */
  readonly threads?: number;
}

/** Providers that compute on a graphics adapter: threads say nothing of them. */
const ON_ADAPTER: ReadonlySet<string> = new Set(['webgpu', 'webnn', 'cuda', 'dml', 'coreml']);

/** A host with a placement as a device. Throws `device.no-provider` and `device.too-many-threads` when the host cannot do it. */
export function describeHosted(host: HostFacts, placement: HostPlacement = {}): DeviceDescription {
  const { name, runtime, processor, adapter, cores, os, browser } = host;
  const provider = placement.provider ?? host.providers[0] ?? '';
  if (!host.providers.includes(provider)) {
    throw new EspalierError({
      kind: 'engine',
      code: 'device.no-provider',
      message: `'${name}' has no provider '${provider}'.`,
      hint: `It has ${host.providers.join(', ') || 'none'}.`,
    });
  }
  const onAdapter = ON_ADAPTER.has(provider);
  const threads = onAdapter ? undefined : (placement.threads ?? host.defaultThreads);
  if (threads !== undefined && threads > (host.maxThreads ?? threads)) {
    throw new EspalierError({
      kind: 'engine',
      code: 'device.too-many-threads',
      message: `'${name}' cannot take ${threads} threads, at most ${host.maxThreads}.`,
      hint:
        host.kind === 'browser'
          ? 'A page has threads only where it is served from this machine itself or over https.'
          : 'Ask for fewer threads.',
    });
  }
  return describeDevice({
    name,
    runtime,
    provider,
    ...(threads !== undefined && { threads }),
    processor: onAdapter ? (adapter ?? '') : processor,
    ...(cores !== undefined && { cores }),
    os,
    ...(browser !== undefined && { browser }),
  });
}
