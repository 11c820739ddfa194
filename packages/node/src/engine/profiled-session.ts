// A session of onnxruntime-node: one that can be profiled, and free what it returned.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type NdArray, OrtSession } from '@espalier/core';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { freeBuffer } from './free-buffer.ts';
import type { OrtModule } from './ort-engine.ts';

/** A session that was made with or without a profile, whose path prefix is given. Made by `createOrtEngine`. */
export class ProfiledSession extends OrtSession<Tensor> {
  readonly #session: InferenceSession;
  #profile: string | undefined;

  constructor(runtime: OrtModule, session: InferenceSession, profile: string | undefined) {
    super(session, (type, data, dims) => new runtime.Tensor(type, data, dims));
    this.#session = session;
    this.#profile = profile;
  }

  /** Its outputs are copies in memory of their own, one buffer each. */
  discard(outputs: Readonly<Record<string, NdArray>>): void {
    for (const { data } of Object.values(outputs)) {
      if (data.byteLength > 0 && data.buffer instanceof ArrayBuffer) freeBuffer(data.buffer);
    }
  }

  endProfiling(): string | undefined {
    if (this.#profile === undefined) return undefined;
    this.#session.endProfiling();
    const path = newestWithPrefix(this.#profile);
    this.#profile = undefined;
    return path;
  }
}

/** The profile the runtime just wrote: it adds a time stamp to the prefix and does not say which. */
function newestWithPrefix(prefix: string): string | undefined {
  const folder = dirname(prefix);
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(prefix)}_`) && name.endsWith('.json'))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}
