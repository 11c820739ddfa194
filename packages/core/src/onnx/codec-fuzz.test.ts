// The decoder against bytes nobody should trust: it never hangs, never takes memory out of proportion to the input, never throws
// anything but EspalierError, and whatever it accepts it writes back.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EspalierError } from '../errors.ts';
import { checkModel } from '../graph/check-model.ts';
import { decodeModel, encodeModel } from './codec.ts';
import { richModel } from './rich-model.case.ts';

const real = encodeModel(richModel);
const RUNS = { numRuns: 3000, seed: 7 };

/** Decodes and returns nothing; throws for anything but a model that comes back or an EspalierError. */
function survive(bytes: Uint8Array): void {
  try {
    const model = decodeModel(bytes);
    expect(Buffer.from(bytes).equals(encodeModel(model))).toBe(true);
    // Fields alone make a file that reads the same.
    const rebuilt = decodeModel(encodeModel(structuredClone(model)));
    expect(encodeModel(structuredClone(rebuilt))).toEqual(encodeModel(structuredClone(model)));
    checkModel(model);
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error;
    expect(error.kind).toBe('model');
    expect(error.hint).toBeTruthy();
  }
}

/** The bytes as the content of nested fields with these tags, outermost first. */
function nest([tag, ...inner]: readonly number[], bytes: Uint8Array): Uint8Array {
  if (tag === undefined) return bytes;
  const content = nest(inner, bytes);
  return Uint8Array.of(tag, content.length, ...content);
}

it('random bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survive), RUNS);
});

it('random bytes inside a graph, a node, a tensor', () => {
  const tags = fc.constantFrom(
    [0x3a],
    [0x3a, 0x0a],
    [0x3a, 0x2a],
    [0x3a, 0x0a, 0x2a],
    [0x3a, 0x5a],
    [0x3a, 0x5a, 0x12],
  );
  fc.assert(
    fc.property(tags, fc.uint8Array({ maxLength: 100 }), (path, bytes) => survive(nest(path, bytes))),
    RUNS,
  );
});

it('every truncation of a real file', () => {
  for (let length = 0; length < real.length; length++) survive(real.subarray(0, length));
});

it('mutations of a real file', () => {
  const change = fc.tuple(fc.nat(real.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = real.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      survive(bytes);
    }),
    RUNS,
  );
});

it('pieces of a real file put together at random', () => {
  const piece = fc
    .tuple(fc.nat(real.length), fc.nat(60))
    .map(([from, length]) => [...real.subarray(from, from + length)]);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => survive(Uint8Array.from(pieces.flat()))),
    RUNS,
  );
});

/** A model of about `bytes` bytes whose graph repeats one encoded field. */
function repeating(field: readonly number[], bytes: number): Uint8Array {
  const count = Math.floor(bytes / field.length);
  const size = count * field.length;
  const length = [0, 7, 14, 21].map((shift) => ((size >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0));
  const model = new Uint8Array(1 + length.length + size);
  model.set([0x3a, ...length]);
  for (let at = 5; at < model.length; at += field.length) model.set(field, at);
  return model;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it.each([
  ['empty nodes', [0x0a, 0]],
  ['empty tensors', [0x2a, 0]],
  ['tiny nodes', [0x0a, 3, 0x22, 1, 0x41]],
  ['tiny values', [0x5a, 8, 0x12, 6, 0x0a, 4, 0x08, 1, 0x12, 0]],
  ['tiny dims', [0x2a, 2, 0x08, 1]],
  ['unknown fields', [0x78 | 0x80, 0x7f, 1]],
  ['node inputs', [0x0a, 2, 0x0a, 0]],
])('memory: a file of %s takes a small multiple of its size', (_, field) => {
  const bytes = repeating(field, 1 << 20);
  const before = memoryInUse();
  const model = decodeModel(bytes);
  const kept = memoryInUse() - before;
  expect(model.graph).toBeDefined();
  expect(kept).toBeLessThan(100 * bytes.length);
});

it('a file of too many messages is refused before it fills the memory', () => {
  expect(() => decodeModel(repeating([0x0a, 2, 0x1a, 0], 9_000_000))).toThrow(
    expect.objectContaining({ code: 'onnx.too-many-messages' }),
  );
});
