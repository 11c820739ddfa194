// Reading an ONNX model from its path, with the weights that lie in files beside it.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { decodeModel, EspalierError, type Model } from '@espalier/core';
import { readExternalData, TWO_GIB } from './external-data.ts';
import { readBytes } from './read-bytes.ts';

/** A model and the file it came from. */
export interface ModelFile {
  readonly model: Model;
  /** Size of the model file, external data not counted. */
  readonly bytes: number;
  /** Digest of the model file, hex. */
  readonly sha256: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Reads a model. Codes `io.no-file`, `io.not-a-file`, `io.read-failed`, `onnx.too-large`, those of `decodeModel` and those of
 * `readExternalData`.
 */
export async function readModel(path: string): Promise<ModelFile> {
  const absolute = resolve(path);
  const file = await open(absolute, 'r').catch((cause) => {
    throw unreadable(path, cause);
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile())
      throw failure('io', 'io.not-a-file', `${path} is no file`, 'Give the path of an .onnx file.');
    if (stats.size >= TWO_GIB) {
      throw failure(
        'model',
        'onnx.too-large',
        `${path} has ${stats.size} bytes, an ONNX file has less than 2 GiB`,
        'Keep the weights in an external data file.',
      );
    }
    const hash = createHash('sha256');
    const bytes = await readBytes(file, path, 0, stats.size, (piece) => hash.update(piece));
    const model = await readExternalData(decodeModel(bytes), dirname(absolute));
    return { model, bytes: bytes.length, sha256: hash.digest('hex'), path: absolute };
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): EspalierError {
  return cause.code === 'ENOENT'
    ? failure('io', 'io.no-file', `${path} does not exist`, 'Check the path.', cause)
    : failure(
        'io',
        'io.read-failed',
        `${path} could not be read: ${cause.message}`,
        'Check its permissions.',
        cause,
      );
}

function failure(
  kind: 'io' | 'model',
  code: string,
  message: string,
  hint: string,
  cause?: unknown,
): EspalierError {
  return new EspalierError({ kind, code, message, hint, cause });
}
