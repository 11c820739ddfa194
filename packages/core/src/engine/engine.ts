// The one interface to whatever runs a model. Core knows nothing else of ONNX Runtime.
import type { Model } from '../onnx/model.ts';
import type { ArrayType, NdArray } from '../onnx/nd-array.ts';

/** How a session is made. */
export interface LoadOptions {
  /** Execution provider, default `cpu`. */
  readonly provider?: string;
  /** Intra-op threads, default: the engine's own choice. */
  readonly threads?: number;
  /** Graph optimisation of the runtime, default `all`. Analysis uses `disabled` so that every value stays observable. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * Whether the runtime lays all values of a run out in one block that it plans from the run before, default true. Without it, values come
   * from a pool: a graph that is large beside its weights, such as a training step, takes about half the memory at the same speed.
   */
  readonly memoryPlan?: boolean;
  /** Where to write the runtime's per-operator profile (path prefix); engines without a profiler ignore it. */
  readonly profile?: string;
  /** Values for weights whose data lie outside the model file, by location. */
  readonly externalFiles?: readonly { readonly location: string; readonly data: Uint8Array | string }[];
}

/**
 * Declared or inferred type of a session's input or output; a dim is a size, a symbol, or null when unknown. Runtimes infer the type
 * of an output that declares none, but do not tell a scalar from a value of unknown rank: both have dims [].
 */
export interface ValueType {
  readonly name: string;
  /** Absent when the value is no tensor (sequence, map, optional). */
  readonly type?: ArrayType | 'string' | 'other';
  readonly dims?: readonly (number | string | null)[];
}

/** A loaded model. Close it. */
export interface Session {
  readonly inputs: readonly ValueType[];
  readonly outputs: readonly ValueType[];
  /**
   * Runs the model. `fetches` limits what is returned (default: all outputs that hold an {@link ArrayType}). Errors are
   * {@link EspalierError}s with kind `engine`, code `engine.run-failed`; also for a feed that is no input, such as an initializer.
   */
  run(
    feeds: Readonly<Record<string, NdArray>>,
    fetches?: readonly string[],
  ): Promise<Readonly<Record<string, NdArray>>>;
  /**
   * Frees outputs of a run at once, where the engine can: they are empty from then on. Left to the garbage collector, large ones make later runs slower, which
   * have to ask the system for fresh memory.
   */
  discard?(outputs: Readonly<Record<string, NdArray>>): void;
  /** Ends profiling and returns the path of the profile, where the engine profiles. */
  endProfiling?(): string | undefined;
  close(): Promise<void>;
}

/** A runtime. `load` takes encoded bytes or a model (which it encodes). Code `engine.load-failed` when the runtime refuses it. */
export interface Engine {
  /** `onnxruntime-node`, `onnxruntime-web`. */
  readonly name: string;
  readonly version: string;
  load(model: Model | Uint8Array, options?: LoadOptions): Promise<Session>;
}
