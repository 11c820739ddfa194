// ONNX Runtime's WebAssembly build behind the Engine interface: on the processor (wasm) or the graphics adapter (webgpu).
import {
  type ArrayData,
  type ArrayType,
  type Engine,
  EspalierError,
  encodeModel,
  OrtSession,
  sentenceOf,
} from '@espalier/core';
import type * as ort from 'onnxruntime-web';

/** The part of onnxruntime-web the engine uses. */
export type OrtWebModule = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env'>;

/**
 * The engine on an onnxruntime-web that was loaded already. Threads belong to the whole runtime and are set once, with `env.wasm.numThreads`
 * before the first session, so `threads` of a load says nothing here. Errors: `engine.load-failed`, and `engine.provider-unavailable` for a
 * provider that this build or browser lacks.
 */
export function createWebEngine({ InferenceSession, Tensor, env }: OrtWebModule): Engine {
  const makeTensor = (type: ArrayType, data: ArrayData, dims: readonly number[]): ort.Tensor =>
    new Tensor(type, data, dims);
  return {
    name: 'onnxruntime-web',
    version: env.versions.web ?? env.versions.common,
    async load(model, options = {}) {
      const provider =
        options.provider === undefined || options.provider === 'cpu' ? 'wasm' : options.provider;
      const bytes = model instanceof Uint8Array ? model : encodeModel(model);
      const externalData = (options.externalFiles ?? []).map(({ location, data }) => ({
        path: location,
        data,
      }));
      try {
        const session = await InferenceSession.create(bytes, {
          executionProviders: [provider],
          graphOptimizationLevel: options.optimization ?? 'all',
          logSeverityLevel: 4,
          ...(options.memoryPlan === undefined ? {} : { enableMemPattern: options.memoryPlan }),
          ...(externalData.length === 0 ? {} : { externalData }),
        });
        return new OrtSession(session, makeTensor);
      } catch (cause) {
        throw loadError(provider, sentenceOf(cause), cause);
      }
    },
  };
}

function loadError(provider: string, reason: string, cause: unknown): EspalierError {
  if (/no available backend|backend not found|adapter|not supported in this/i.test(reason)) {
    return new EspalierError({
      kind: 'engine',
      code: 'engine.provider-unavailable',
      message: `Execution provider '${provider}' is not available: ${reason.replace(/\.+$/, '')}.`,
      hint: 'wasm works in every browser; webgpu needs a browser that has it and a page from this machine or over https.',
      cause,
    });
  }
  return new EspalierError({
    kind: 'engine',
    code: 'engine.load-failed',
    message: `ONNX Runtime refuses the model: ${reason}`,
    hint: 'Check that the file is a complete ONNX model whose operators and opset this runtime knows.',
    cause,
  });
}
