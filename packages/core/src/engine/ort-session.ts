// One loaded model in ONNX Runtime, whichever of its JavaScript bindings it came from: they all look alike.
import { EspalierError } from '../errors.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import type { Session, ValueType } from './engine.ts';
import { fromOrtTensor, isArrayType, type MakeOrtTensor, type OrtTensor, toOrtTensor } from './ort-array.ts';
import { sentenceOf } from './ort-sentence.ts';

/** What a binding says of an input or output. */
export interface OrtValue {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/** The part of a binding's session that is used. */
export interface OrtBinding<Tensor extends OrtTensor> {
  readonly inputMetadata: readonly OrtValue[];
  readonly outputMetadata: readonly OrtValue[];
  run(feeds: Record<string, Tensor>, fetches: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
  release(): Promise<void>;
}

/** A session of ONNX Runtime. Closing twice is harmless, running after closing is refused. */
export class OrtSession<Tensor extends OrtTensor> implements Session {
  readonly inputs: readonly ValueType[];
  readonly outputs: readonly ValueType[];
  readonly #session: OrtBinding<Tensor>;
  readonly #makeTensor: MakeOrtTensor<Tensor>;
  #closed = false;

  constructor(session: OrtBinding<Tensor>, makeTensor: MakeOrtTensor<Tensor>) {
    this.#session = session;
    this.#makeTensor = makeTensor;
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
      Object.entries(feeds).map(([name, array]) => [name, toOrtTensor(this.#makeTensor, name, array)]),
    );
    let results: Readonly<Record<string, unknown>>;
    try {
      results = await this.#session.run(tensors, fetches);
    } catch (cause) {
      throw this.#failure(sentenceOf(cause), cause);
    }
    return Object.fromEntries(fetches.map((name) => [name, fromOrtTensor(name, results[name] as OrtTensor)]));
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

function describeValue({ name, isTensor, type = 'other', shape = [] }: OrtValue): ValueType {
  if (!isTensor) return { name };
  const known = isArrayType(type) || type === 'string' ? type : 'other';
  // The runtime names a dim nobody named ''.
  return { name, type: known, dims: shape.map((dim) => (dim === '' ? null : dim)) };
}
