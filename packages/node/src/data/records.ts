// Files of equal records: one label byte, then the planes of a raw image. CIFAR-10's binary version is one, gzip is read too.
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import {
  type ClassLabel,
  type Dataset,
  type Sample,
  type SampleOptions,
  spreadPositions,
} from '@espalier/core';
import { checkLabel, checkPosition, dataError, statData } from './data-error.ts';

/** Channels, height and width of a record's image. */
export type RecordShape = readonly [channels: number, height: number, width: number];

/** How a record file is read. */
export interface RecordOptions {
  /** Default: guessed from the file's size when only one usual shape divides it. */
  readonly shape?: RecordShape;
  /** Names by class index; labels beyond them are errors. */
  readonly classNames?: readonly string[];
  readonly kind?: 'records' | 'cifar10';
}

/** Consecutive records: the position of the first one and their bytes. */
interface Chunk {
  readonly first: number;
  readonly bytes: Uint8Array;
}

const CHUNK_BYTES = 1 << 20;

/** Up to here a file that is read in any order is held as a whole; a larger one is read record by record. */
const MOST_HELD_BYTES = 1 << 30;

/** Sides that image sets of equal small pictures usually have. */
const USUAL_SIDES = [16, 24, 28, 32, 48, 64, 96, 112, 128, 160, 192, 224, 256];

/**
 * Opens a record file (`.gz` when compressed). Images are views into the bytes that were read. Errors, kind `data`:
 * `data.bad-record-size`, `data.unknown-record-shape`, `data.label-out-of-range`, `data.corrupt-archive`. `sampleAt` reads a file of up to 1 GiB
 * once and keeps it; a larger one costs one read per record, and is `data.too-large` when compressed.
 */
export async function openRecords(path: string, options: RecordOptions = {}): Promise<Dataset> {
  const compressed = path.endsWith('.gz');
  const bytes = compressed ? await countUnpacked(path) : (await statData(path)).size;
  const shape = options.shape ?? guessShape(path, bytes);
  const recordSize = 1 + shape[0] * shape[1] * shape[2];
  const size = bytes / recordSize;
  if (!Number.isInteger(size) || size === 0) {
    throw dataError(
      'data.bad-record-size',
      `'${path}' has ${bytes} bytes, no whole number of ${recordSize}-byte records (1 label byte and ${shape.join('x')}).`,
      'State the right shape: --record-shape CHANNELSxHEIGHTxWIDTH.',
    );
  }
  const kind = options.kind ?? 'records';
  const classCount = options.classNames?.length;
  let held: Promise<Uint8Array> | undefined;
  const hold = (): Promise<Uint8Array> => {
    held ??= compressed ? unpackWhole(path, bytes) : readFile(path);
    return held;
  };
  const how = options.shape ? 'as stated' : 'the only usual shape that divides its size';
  return {
    name: path,
    kind,
    size,
    ...(options.classNames ? { classNames: options.classNames } : {}),
    description: `${size} labelled images ${shape.join('x')} in ${kind === 'cifar10' ? 'the CIFAR-10 binary format' : `records, ${how}`}`,
    choice: 'one record of each equal slice of the file',
    async *samples(sampling: SampleOptions = {}) {
      const positions = spreadPositions(size, sampling.limit ?? size);
      const chunks = compressed ? unpackChunks(path, recordSize) : readChunks(path, recordSize, positions);
      let next = 0;
      for await (const { first, bytes } of chunks) {
        sampling.signal?.throwIfAborted();
        const end = first + bytes.length / recordSize;
        for (; next < positions.length && positions[next]! < end; next++) {
          const at = (positions[next]! - first) * recordSize;
          yield makeSample(bytes.subarray(at, at + recordSize), positions[next]!, shape, classCount);
        }
        if (next === positions.length) return;
      }
    },
    async sampleAt(position) {
      checkPosition(position, size, path);
      const record =
        compressed || bytes <= MOST_HELD_BYTES
          ? (await hold()).subarray(position * recordSize, (position + 1) * recordSize)
          : await readRecord(path, recordSize, position);
      return makeSample(record, position, shape, classCount);
    },
    async classLabels() {
      const labels: ClassLabel[] = [];
      const everything = spreadPositions(size, size);
      const chunks = compressed ? unpackChunks(path, recordSize) : readChunks(path, recordSize, everything);
      for await (const { bytes } of chunks) {
        for (let at = 0; at < bytes.length; at += recordSize) {
          const label = { id: String(labels.length), index: bytes[at]! };
          checkLabel(label.index, classCount, `record ${label.id}`);
          labels.push(label);
        }
      }
      return labels;
    },
  };
}

/** Reads `CHANNELSxHEIGHTxWIDTH`; `undefined` when the text is nothing of the kind. */
export function parseRecordShape(text: string): RecordShape | undefined {
  const [, channels, height, width] = /^(\d+)x(\d+)x(\d+)$/.exec(text) ?? [];
  const shape = [Number(channels), Number(height), Number(width)] as const;
  return shape.every((side) => side >= 1 && side <= 65_536) ? shape : undefined;
}

function makeSample(record: Uint8Array, position: number, shape: RecordShape, classCount?: number): Sample {
  const index = record[0]!;
  checkLabel(index, classCount, `record ${position}`);
  const [channels, height, width] = shape;
  return {
    id: String(position),
    input: { kind: 'image', image: { width, height, channels, order: 'chw', data: record.subarray(1) } },
    target: { kind: 'class', index },
  };
}

function guessShape(path: string, bytes: number): RecordShape {
  const fitting = USUAL_SIDES.flatMap((side) =>
    [1, 3].map((channels): RecordShape => [channels, side, side]),
  ).filter(([channels, side]) => bytes > 0 && bytes % (1 + channels * side * side) === 0);
  if (fitting.length === 1) return fitting[0]!;
  const found =
    fitting.length === 0
      ? 'no usual image shape divides it'
      : `it could hold ${fitting.map((shape) => shape.join('x')).join(' or ')}`;
  throw dataError(
    'data.unknown-record-shape',
    `The shape of the records in '${path}' (${bytes} bytes) cannot be told: ${found}.`,
    'State it: --record-shape CHANNELSxHEIGHTxWIDTH.',
  );
}

/** Reads only the parts that hold wanted records; each chunk is a buffer of its own, so that samples may outlive the walk. */
async function* readChunks(
  path: string,
  recordSize: number,
  positions: readonly number[],
): AsyncGenerator<Chunk> {
  const most = Math.max(1, Math.floor(CHUNK_BYTES / recordSize));
  const file = await open(path);
  try {
    for (let next = 0; next < positions.length; ) {
      const first = positions[next]!;
      let last = first;
      for (; next < positions.length && positions[next]! < first + most; next++) last = positions[next]!;
      const wanted = (last - first + 1) * recordSize;
      const bytes = Buffer.allocUnsafeSlow(wanted);
      const { bytesRead } = await file.read(bytes, 0, wanted, first * recordSize);
      if (bytesRead < wanted) {
        throw dataError(
          'data.bad-record-size',
          `'${path}' ended at record ${first + Math.floor(bytesRead / recordSize)} while it was read.`,
          'Do not change the file during a run.',
        );
      }
      yield { first, bytes };
    }
  } finally {
    await file.close();
  }
}

async function readRecord(path: string, recordSize: number, position: number): Promise<Uint8Array> {
  let record: Uint8Array = new Uint8Array();
  for await (const { bytes } of readChunks(path, recordSize, [position])) record = bytes;
  return record;
}

/** All bytes of an archive whose unpacked size was counted before. */
async function unpackWhole(path: string, bytes: number): Promise<Uint8Array> {
  if (bytes > MOST_HELD_BYTES) {
    throw dataError(
      'data.too-large',
      `'${path}' unpacks to ${bytes} bytes, too many to hold for reading in any order.`,
      'Unpack it: gunzip.',
    );
  }
  const whole = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for await (const piece of unpack(path)) {
    whole.set(piece.subarray(0, bytes - at), at);
    at += piece.length;
  }
  return whole;
}

/** Unpacks from the start and regroups the stream into whole records. */
async function* unpackChunks(path: string, recordSize: number): AsyncGenerator<Chunk> {
  const most = Math.max(1, Math.floor(CHUNK_BYTES / recordSize)) * recordSize;
  let bytes = Buffer.allocUnsafeSlow(most);
  let filled = 0;
  let first = 0;
  for await (const piece of unpack(path)) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.copy(bytes, filled, at);
      at += taken;
      filled += taken;
      if (filled < most) continue;
      yield { first, bytes };
      first += most / recordSize;
      bytes = Buffer.allocUnsafeSlow(most);
      filled = 0;
    }
  }
  if (filled > 0) yield { first, bytes: bytes.subarray(0, filled - (filled % recordSize)) };
}

async function countUnpacked(path: string): Promise<number> {
  await statData(path);
  let bytes = 0;
  for await (const piece of unpack(path)) bytes += piece.length;
  return bytes;
}

async function* unpack(path: string): AsyncGenerator<Buffer> {
  const source = createReadStream(path);
  const unpacked = createGunzip({ chunkSize: 256 * 1024 });
  // Without this a read error would leave the gunzip stream waiting for ever.
  source.on('error', (error) => unpacked.destroy(error));
  try {
    for await (const piece of source.pipe(unpacked)) yield piece as Buffer;
  } catch (cause) {
    throw dataError(
      'data.corrupt-archive',
      `'${path}' cannot be unpacked: ${(cause as Error).message}.`,
      'Copy or download the file again.',
      cause,
    );
  } finally {
    source.destroy();
  }
}
