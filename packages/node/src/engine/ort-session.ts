// One loaded model in ONNX Runtime.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EspalierError, type NdArray, type Session, type ValueType } from '@espalier/core';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { fromOrtTensor, isArrayType, toOrtTensor } from './ort-array.ts';
import type { OrtModule } from './ort-engine.ts';
import { sentenceOf } from './ort-sentence.ts';

/** A session of onnxruntime-node. Made by `createOrtEngine`; closing twice is harmless, running after closing is refused. */
export class OrtSession implements Session {
  readonly inputs: readonly ValueType[];
  readonly outputs: readonly ValueType[];
  readonly #runtime: OrtModule;
  readonly #session: InferenceSession;
  #profile: string | undefined;
  #closed = false;

  constructor(runtime: OrtModule, session: InferenceSession, profile: string | undefined) {
    this.#runtime = runtime;
    this.#session = session;
    this.#profile = profile;
    this.inputs = session.inputMetadata.map(describeValue);
    this.outputs = session.outputMetadata.map(describeValue);
  }

  async run(
    feeds: Readonly<Record<string, NdArray>>,
    fetches: readonly string[] = this.outputs
      .filter((o) => isArrayType(o.type ?? 'other'))
      .map((o) => o.name),
  ): Promise<Readonly<Record<string, NdArray>>> {
    // The runtime ignores feeds it does not know, which would hide a misspelt name.
    const stray = Object.keys(feeds).find((name) => !this.inputs.some((input) => input.name === name));
    if (stray !== undefined) throw this.#failure(`the model has no input '${stray}'`);
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, array]) => [name, toOrtTensor(this.#runtime.Tensor, name, array)]),
    );
    let results: InferenceSession.ReturnType;
    try {
      results = await this.#session.run(tensors, fetches);
    } catch (cause) {
      throw this.#failure(sentenceOf(cause), cause);
    }
    return Object.fromEntries(fetches.map((name) => [name, fromOrtTensor(name, results[name] as Tensor)]));
  }

  endProfiling(): string | undefined {
    if (this.#profile === undefined) return undefined;
    this.#session.endProfiling();
    const path = newestWithPrefix(this.#profile);
    this.#profile = undefined;
    return path;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#session.release();
  }

  #failure(reason: string, cause?: unknown): EspalierError {
    const inputs = this.inputs.map(
      (i) => `${i.name}: ${i.type ?? 'other'}[${(i.dims ?? []).map((d) => d ?? '?').join(', ')}]`,
    );
    return new EspalierError({
      kind: 'engine',
      code: 'engine.run-failed',
      message: `The model cannot be run: ${reason.replace(/\.$/, '')}.`,
      hint: inputs.length === 0 ? 'The model takes no inputs.' : `The model takes ${inputs.join('; ')}.`,
      cause,
    });
  }
}

function describeValue(value: InferenceSession.ValueMetadata): ValueType {
  if (!value.isTensor) return { name: value.name };
  const type = isArrayType(value.type) || value.type === 'string' ? value.type : 'other';
  // The runtime names a dim nobody named ''.
  return { name: value.name, type, dims: value.shape.map((dim) => (dim === '' ? null : dim)) };
}

/** The profile the runtime just wrote: it adds a time stamp to the prefix and does not say which. */
function newestWithPrefix(prefix: string): string | undefined {
  const folder = dirname(prefix);
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(prefix)}_`) && name.endsWith('.json'))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}
