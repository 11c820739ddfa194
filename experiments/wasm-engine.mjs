// ONNX Runtime as browsers run it, compiled to WebAssembly, but in Node: for measuring what a cut gains there.
import { createOrtEngine } from '@espalier/node';
import runtime from 'onnxruntime-web';

/** The name its one provider goes by. */
export const WASM = 'wasm';

/** The engine, on one thread: more than one needs headers that few sites send. */
export function createWasmEngine() {
  const { InferenceSession, Tensor, env } = runtime;
  env.wasm.numThreads = 1;
  env.logLevel = 'fatal';
  const listSupportedBackends = () => [{ name: WASM, bundled: true }];
  return createOrtEngine(async () => ({ InferenceSession, Tensor, env, listSupportedBackends }));
}
