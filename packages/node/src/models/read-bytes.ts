// Reading a byte range of a file into memory, piece by piece: one read call cannot take 2 GiB.
import type { FileHandle } from 'node:fs/promises';
import { EspalierError } from '@espalier/core';

const PIECE = 1 << 24;

/**
 * The bytes [offset, offset + length) of an open file. `onPiece` sees each piece as it arrives (for a digest). Code `io.read-failed`
 * when the file ends early.
 */
export async function readBytes(
  file: FileHandle,
  path: string,
  offset: number,
  length: number,
  onPiece?: (piece: Uint8Array) => void,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, length - at), offset + at);
    if (bytesRead === 0) {
      throw new EspalierError({
        kind: 'io',
        code: 'io.read-failed',
        message: `${path} ends at byte ${offset + at}, before byte ${offset + length}`,
        hint: 'Another program may be writing it: try again.',
      });
    }
    onPiece?.(bytes.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  return bytes;
}
