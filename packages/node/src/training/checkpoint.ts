// A training's memory as a file: a JSON header and the raw vectors behind it. Written whole or not at all.
import { readFile } from 'node:fs/promises';
import { EspalierError, type Model } from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';
import type { Evaluation } from './training-events.ts';
import type { TrainingVectors } from './training-session.ts';

/** Everything a training needs to go on exactly as if it had never stopped. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Seconds spent. */
  readonly seconds: number;
  readonly batch: number;
  /** What rollbacks left of the learning rate, 0 to 1. */
  readonly rateFactor: number;
  readonly rollbacks: number;
  /** Running mean of the loss; null before the first step. */
  readonly smoothedLoss: number | null;
  /** The step of the last evaluation, -1 before the first; what the first one found, before any step. */
  readonly evaluatedStep: number;
  readonly before: Evaluation | null;
  readonly evaluationsWithoutProgress: number;
  readonly best: { readonly step: number; readonly evaluation: Evaluation } | null;
  /** State by name, and `best.NAME` for what the best evaluation saw. */
  readonly vectors: TrainingVectors;
}

/** Where a training keeps what must not be lost. */
export interface TrainingStore {
  save(checkpoint: Checkpoint): Promise<void>;
  /** Takes the best model so far. */
  saveBest?(model: Model): Promise<void>;
}

const FORMAT = 'espalier/checkpoint@1';

/** Writes a checkpoint in place of the one before. */
export async function writeCheckpoint(path: string, { vectors, ...rest }: Checkpoint): Promise<void> {
  const names = Object.keys(vectors);
  const header = { format: FORMAT, ...rest, vectors: names.map((name) => [name, vectors[name]!.length]) };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  const padding = Buffer.alloc(-(8 + text.length) & 7, ' ');
  const chunks = names.map((name) => {
    const { buffer, byteOffset, byteLength } = vectors[name]!;
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  await writeFileAtomic(path, [length, text, padding, ...chunks], { force: true });
}

/** Reads a checkpoint file. Errors, kind `io`: `checkpoint.missing`, `checkpoint.damaged`. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readFile(path).catch((cause) => {
    throw new EspalierError({
      kind: 'io',
      code: 'checkpoint.missing',
      message: `There is no checkpoint ${path} to go on from.`,
      hint: 'Leave --resume out to start anew.',
      cause,
    });
  });
  try {
    const size = bytes.readUInt32LE(0);
    const { format, vectors: listed, ...rest } = JSON.parse(bytes.toString('utf8', 8, 8 + size));
    if (format !== FORMAT) throw new Error(`it has the format ${format}`);
    let at = 8 + size + (-(8 + size) & 7);
    const vectors: Record<string, Float32Array> = {};
    for (const [name, length] of listed as [string, number][]) {
      if (at + length * 4 > bytes.length) throw new Error(`'${name}' is cut off`);
      // A copy: the file's own bytes need not lie at a multiple of 4.
      vectors[name] = new Float32Array(
        bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + length * 4),
      );
      at += length * 4;
    }
    return { ...rest, vectors };
  } catch (cause) {
    throw new EspalierError({
      kind: 'io',
      code: 'checkpoint.damaged',
      message: `The checkpoint ${path} cannot be read: ${(cause as Error).message}.`,
      hint: 'It was written by another program or version: start anew without --resume.',
      cause,
    });
  }
}
