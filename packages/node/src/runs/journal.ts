// The journal of a run: one JSON document per line, only ever added to. A kill may cut its last line off, nothing else.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** An open journal. Close it. */
export interface Journal {
  write(entry: unknown): void;
  /** Returns once everything written is on the disk. */
  sync(): void;
  close(): void;
}

/** Opens a journal to add to it, and makes the file if need be. */
export function openJournal(file: string): Journal {
  const past = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const descriptor = openSync(file, 'a');
  // What a kill cut off must not swallow the next entry.
  if (past !== '' && !past.endsWith('\n')) writeSync(descriptor, '\n');
  return {
    write: (entry) => void writeSync(descriptor, `${JSON.stringify(entry)}\n`),
    sync: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
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
