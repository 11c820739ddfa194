// The journal of a run: one JSON document per line, only ever added to. A kill may cut its last line off, nothing else.
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { EspalierError } from '@espalier/core';

/** An open journal. Close it. */
export interface Journal {
  write(entry: unknown): void;
  /** Returns once everything written is on the disk. */
  sync(): void;
  close(): void;
}

/** Opens a journal to add to it, and makes the file if need be. Whatever is written may fail: kind io, `io.write-failed`. */
export function openJournal(file: string): Journal {
  const descriptor = openSync(file, 'a+');
  const add = (text: string): void => {
    try {
      // A full disk may take a part of it.
      for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(descriptor, rest));
    } catch (cause) {
      throw new EspalierError({
        kind: 'io',
        code: 'io.write-failed',
        message: `The journal ${file} could not be written: ${(cause as Error).message}.`,
        hint: 'Check the free space; what is in the journal is sound, and --resume goes on from it.',
        cause,
      });
    }
  };
  // What a kill cut off must not swallow the next entry.
  if (!endsWithLine(descriptor)) add('\n');
  return {
    write: (entry) => add(`${JSON.stringify(entry)}\n`),
    sync: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

/** Whether a file is empty or its last line is whole. */
function endsWithLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.from('\n');
  if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
  return last.toString() === '\n';
}

/** The entries of a journal, without lines that a kill cut off; none where there is no file. */
export function readJournal(file: string): readonly unknown[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as unknown];
      } catch {
        return [];
      }
    });
}
