// Reading and writing ONNX files as bytes. Decoding copies no tensor data; encoding repeats the original bytes of every message
// that was not rebuilt, so an untouched model comes back byte for byte.
import { EspalierError } from '../errors.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import type { Model } from './model.ts';
import { MODEL } from './onnx-messages.ts';
import { createWriter, joinChunks } from './wire.ts';

/**
 * The model in the bytes of an ONNX file. Tensor data are views of `bytes`, which must not change afterwards.
 * Kind `model`; codes `onnx.not-onnx`, `onnx.no-graph`, `onnx.truncated`, `onnx.bad-varint`, `onnx.bad-wire-type`,
 * `onnx.bad-field-number`, `onnx.bad-value`, `onnx.bad-external`, `onnx.duplicate-field`, `onnx.nesting-too-deep`,
 * `onnx.too-many-messages`.
 */
export function decodeModel(bytes: Uint8Array): Model {
  checkStart(bytes);
  // A Node Buffer would make every view a Buffer.
  const model = decodeMessage(MODEL, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (model.graph === undefined) {
    throw new EspalierError({
      kind: 'model',
      code: 'onnx.no-graph',
      message: 'the model holds no graph',
      hint: 'Check that the file is a complete ONNX model; one of its tensors or a list of functions is none.',
    });
  }
  return model as unknown as Model;
}

/** The bytes of an ONNX file for the model: its original ones if nothing was rebuilt. Below 2 GiB; else write its chunks. */
export function encodeModel(model: Model): Uint8Array {
  return joinChunks(encodeModelChunks(model));
}

/** The same bytes as {@link encodeModel} in pieces, large tensor data as views: nothing large is copied or joined. */
export function encodeModelChunks(model: Model): Iterable<Uint8Array> {
  const writer = createWriter();
  encodeMessage(MODEL, model, writer);
  return writer.chunks();
}

/** How many bytes {@link encodeModel} gives; above 2 GiB weights have to go to an external file. */
export function encodedSize(model: Model): number {
  const writer = createWriter();
  encodeMessage(MODEL, model, writer);
  return writer.size;
}

// Anything is a protobuf for a few bytes: the first tag tells most other files apart before an error deep inside misleads.
function checkStart(bytes: Uint8Array): void {
  const tag = bytes[0] ?? 0;
  const first = MODEL.fields.find((field) => field.number === tag >> 3);
  if (first && tag % 8 === (first.value?.wire ?? 2)) return;
  const start = Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, '0')).join(' ');
  throw new EspalierError({
    kind: 'model',
    code: 'onnx.not-onnx',
    message:
      bytes.length === 0 ? 'the file is empty' : `the file begins with ${start}, an ONNX model does not`,
    hint: 'Give an .onnx file; convert .ort, .pt, .pb or .tflite models first.',
  });
}
