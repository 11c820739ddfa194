// Writing files so that a reader sees the old content, the new content or nothing, never a half: a temporary file in the same
// folder is filled, flushed to the disk and only then given its name.
import { randomBytes } from 'node:crypto';
import { access, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EspalierError } from '@espalier/core';

/** What a file is made of. */
export type FileContent = string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** How a file is written. */
export interface WriteOptions {
  /** Replace an existing file, default false. */
  readonly force?: boolean;
}

/** A file that is complete on the disk but has not got its name yet. Commit or discard it. */
export interface StagedFile {
  readonly path: string;
  readonly bytes: number;
  /** Gives the file its name. Code `io.exists` when another file has it by now. */
  commit(): Promise<void>;
  /** Removes the temporary file; does nothing after a commit. */
  discard(): Promise<void>;
}

// Writes of 2 GiB and more fail on every platform.
const MAX_WRITE = 1 << 28;

/**
 * Writes a file atomically and returns its size in bytes. Kind `io`; codes `io.exists` (without `force`), `io.no-folder`,
 * `io.write-failed`.
 */
export async function writeFileAtomic(
  path: string,
  content: FileContent,
  options: WriteOptions = {},
): Promise<number> {
  const staged = await stageFile(path, content, options);
  try {
    await staged.commit();
  } finally {
    await staged.discard();
  }
  return staged.bytes;
}

/** Writes the content beside `path` under a temporary name; several files can so be completed before any is named. */
export async function stageFile(
  path: string,
  content: FileContent,
  { force = false }: WriteOptions = {},
): Promise<StagedFile> {
  if (!force) await refuseExisting(path);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const discard = () => rm(temporary, { force: true });
  try {
    const bytes = await fill(temporary, typeof content === 'string' ? [Buffer.from(content)] : content);
    return { path, bytes, discard, commit: () => name(temporary, path, force) };
  } catch (cause) {
    await discard();
    throw failure(path, cause);
  }
}

async function fill(path: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx');
  try {
    let bytes = 0;
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await file.write(chunk, at, Math.min(chunk.length - at, MAX_WRITE));
        at += bytesWritten;
      }
      bytes += chunk.length;
    }
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

// A hard link, unlike rename, fails when the name is taken: no other program's file is lost between the check and the naming.
async function name(temporary: string, path: string, force: boolean): Promise<void> {
  try {
    if (!force) {
      try {
        await link(temporary, path);
        await rm(temporary);
        return;
      } catch (cause) {
        if (codeOf(cause) === 'EEXIST') throw exists(path);
        // Some file systems know no hard links.
        await refuseExisting(path);
      }
    }
    await rename(temporary, path);
  } catch (cause) {
    throw failure(path, cause);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await access(path).then(
    () => true,
    () => false,
  );
  if (found) throw exists(path);
}

function exists(path: string): EspalierError {
  return new EspalierError({
    kind: 'io',
    code: 'io.exists',
    message: `${path} exists already`,
    hint: 'Choose another name, or replace it with --force.',
  });
}

function failure(path: string, cause: unknown): unknown {
  if (cause instanceof EspalierError) return cause;
  const code = codeOf(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new EspalierError({
      kind: 'io',
      code: 'io.no-folder',
      message: `the folder ${dirname(path)} does not exist`,
      hint: 'Create it, or write elsewhere.',
      cause,
    });
  }
  if (code === undefined) return cause;
  return new EspalierError({
    kind: 'io',
    code: 'io.write-failed',
    message: `${path} could not be written: ${(cause as Error).message}`,
    hint: 'Check the free space and the permissions of the folder.',
    cause,
  });
}

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}
