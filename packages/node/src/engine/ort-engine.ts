// ONNX Runtime behind the Engine interface, natively on this machine. The runtime is loaded on first use, so that
// whoever only reads models never pays for it.
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  detachWeights,
  type Engine,
  EspalierError,
  encodeModel,
  type LoadOptions,
  type Model,
  type Session,
  sentenceOf,
  weightBytes,
} from '@espalier/core';
import type * as ort from 'onnxruntime-node';
import { readBytes } from '../models/read-bytes.ts';
import { ProfiledSession } from './profiled-session.ts';

/** The part of onnxruntime-node the engine uses. */
export type OrtModule = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env' | 'listSupportedBackends'>;

// Above this many bytes of weights a model is not joined in one buffer: protobuf ends at 2 GB, and each copy costs memory.
const joinedLimit = 256 * 2 ** 20;

/**
 * The engine on onnxruntime-node. Providers: `cpu` everywhere, `webgpu`, `cuda`, `dml`, `coreml` where the runtime has them.
 * `importRuntime` (default: the installed onnxruntime-node) is called once, on the first load. Loading throws
 * `engine.unavailable` without a runtime for this platform, `engine.provider-unavailable` without that provider and
 * `engine.load-failed` when the runtime refuses the model. Runs block the calling thread, as the runtime's Node binding does.
 */
export function createOrtEngine(importRuntime: () => Promise<OrtModule> = importOrt): Engine {
  let runtime: Promise<OrtModule> | undefined;
  return {
    name: 'onnxruntime-node',
    version: installedVersion(),
    async load(model, options = {}) {
      runtime ??= importRuntime();
      return loadSession(await runtime.catch(refuseMissingRuntime), model, options);
    },
  };
}

/** Execution providers this build of the runtime knows, e.g. `cpu`, `webgpu`; each may still lack its device or library. */
export async function listProviders(): Promise<readonly string[]> {
  const { listSupportedBackends } = await importOrt().catch(refuseMissingRuntime);
  return listSupportedBackends().map((backend) => backend.name);
}

async function importOrt(): Promise<OrtModule> {
  const { default: runtime } = await import('onnxruntime-node');
  // What goes wrong arrives as an exception; the runtime's own lines would only garble the terminal.
  runtime.env.logLevel = 'fatal';
  return runtime;
}

function refuseMissingRuntime(cause: unknown): never {
  throw new EspalierError({
    kind: 'engine',
    code: 'engine.unavailable',
    message: `ONNX Runtime cannot be loaded on ${process.platform}-${process.arch}: ${sentenceOf(cause)}`,
    hint: 'Install onnxruntime-node on a platform it has a binary for: Linux or Windows on x64 or arm64, macOS on arm64.',
    cause,
  });
}

function installedVersion(): string {
  try {
    return createRequire(import.meta.url)('onnxruntime-node/package.json').version;
  } catch {
    return 'not installed';
  }
}

async function loadSession(
  runtime: OrtModule,
  model: Model | Uint8Array,
  options: LoadOptions,
): Promise<Session> {
  const provider = options.provider ?? 'cpu';
  if (!runtime.listSupportedBackends().some((backend) => backend.name === provider)) {
    throw providerUnavailable(runtime, provider, 'it is not part of this build');
  }
  const { bytes, files } = packModel(model, options);
  const externalData = await Promise.all(
    files.map(async ({ location, data }) => ({
      path: location,
      data: typeof data === 'string' ? await readWhole(data) : data,
    })),
  );
  try {
    const session = await runtime.InferenceSession.create(bytes, {
      ...sessionOptions(options),
      ...(externalData.length === 0 ? {} : { externalData }),
    });
    return new ProfiledSession(runtime, session, options.profile);
  } catch (cause) {
    if (provider !== 'cpu' && !(await runsAnything(runtime, provider))) {
      throw providerUnavailable(runtime, provider, sentenceOf(cause));
    }
    refuseModel(cause);
  }
}

/**
 * Loads a model file as applications do: the runtime itself reads it and the files beside it, so that no copy is left in this process.
 * Throws what loading with {@link createOrtEngine} does, but tells no missing device from a model it refuses.
 */
export async function loadModelFile(path: string, options: LoadOptions = {}): Promise<Session> {
  const runtime = await importOrt().catch(refuseMissingRuntime);
  const session = await runtime.InferenceSession.create(path, sessionOptions(options)).catch(refuseModel);
  return new ProfiledSession(runtime, session, options.profile);
}

function sessionOptions(options: LoadOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [options.provider ?? 'cpu'],
    graphOptimizationLevel: options.optimization ?? 'all',
    logSeverityLevel: 4,
    // Else the threads of this session keep spinning after a run and take the cores from whatever runs next.
    extra: { session: { force_spinning_stop: '1' } },
    ...(options.memoryPlan === undefined ? {} : { enableMemPattern: options.memoryPlan }),
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
  };
}

function refuseModel(cause: unknown): never {
  throw new EspalierError({
    kind: 'engine',
    code: 'engine.load-failed',
    message: `ONNX Runtime refuses the model: ${sentenceOf(cause)}`,
    hint: 'Check that the file is a complete ONNX model whose operators and opset this runtime knows.',
    cause,
  });
}

function packModel(
  model: Model | Uint8Array,
  options: LoadOptions,
): { bytes: Uint8Array; files: NonNullable<LoadOptions['externalFiles']> } {
  const given = options.externalFiles ?? [];
  if (model instanceof Uint8Array) return { bytes: model, files: given };
  if (weightBytes(model) <= joinedLimit) return { bytes: encodeModel(model), files: given };
  const detached = detachWeights(model);
  return { bytes: encodeModel(detached.model), files: [...given, ...detached.files] };
}

/** Whether a provider can run the smallest possible model: tells a missing device from a model it cannot take. */
async function runsAnything(runtime: OrtModule, provider: string): Promise<boolean> {
  const value = (name: string) => ({ name, elemType: 1, shape: [{ value: 1 }] });
  const probe = encodeModel({
    irVersion: 8,
    opsetImports: [{ version: 13 }],
    metadata: [],
    graph: {
      name: 'probe',
      nodes: [{ opType: 'Relu', inputs: ['x'], outputs: ['y'], attributes: [] }],
      initializers: [],
      sparseInitializers: [],
      inputs: [value('x')],
      outputs: [value('y')],
      valueInfos: [],
      metadata: [],
    },
  });
  try {
    const session = await runtime.InferenceSession.create(probe, {
      executionProviders: [provider],
      logSeverityLevel: 4,
    });
    await session.release();
    return true;
  } catch {
    return false;
  }
}

function providerUnavailable(runtime: OrtModule, provider: string, reason: string): EspalierError {
  const known = runtime.listSupportedBackends().map((backend) => backend.name);
  return new EspalierError({
    kind: 'engine',
    code: 'engine.provider-unavailable',
    message: `Execution provider '${provider}' is not available: ${reason}.`.replace(/\.+$/, '.'),
    hint: `This runtime knows ${known.join(', ')}; cpu always works.`,
  });
}

/** A whole external data file, however large. */
async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((cause: unknown) => {
    throw new EspalierError({
      kind: 'io',
      code: 'io.no-file',
      message: `External data '${path}' cannot be read: ${sentenceOf(cause)}`,
      hint: 'Keep the data file beside the model it belongs to.',
      cause,
    });
  });
  try {
    return await readBytes(file, path, 0, (await file.stat()).size);
  } finally {
    await file.close();
  }
}
