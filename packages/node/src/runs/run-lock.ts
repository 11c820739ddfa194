// The lock of a run folder: while one process writes to a run, no other may. What a killed process leaves behind is taken over by the next.
import { readFileSync, rmSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { EspalierError } from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';

/** Name of the lock in a run folder. */
export const RUN_LOCK = 'run.lock';

/** The process that writes to a run. */
export interface RunHolder {
  readonly pid: number;
  readonly host: string;
  /** When it took the run, as an ISO date. */
  readonly since: string;
  /** When the process itself began, as its system counts; null where it does not tell. */
  readonly born: string | null;
}

/** A lock that this process holds. Release it. */
export interface RunLock {
  release(): void;
}

/** Takes the lock of a run folder. Errors, kind io: `run.locked` with the process that holds it; those of `writeFileAtomic`. */
export async function lockRun(path: string): Promise<RunLock> {
  const file = join(path, RUN_LOCK);
  const holder: RunHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    born: lookAt(process.pid)?.born ?? null,
  };
  const text = `${JSON.stringify(holder)}\n`;
  for (let holds = await claim(file, text); holds !== true; holds = await claim(file, text)) {
    if (holds !== undefined) throw lockedError(path, holds);
  }
  return {
    release() {
      if (isLock(file, text)) rmSync(file, { force: true });
    },
  };
}

/** The process that writes to a run now, if one does; of one on another host it is believed that it lives. */
export async function readHolder(path: string): Promise<RunHolder | undefined> {
  const holder = parseHolder((await readLock(join(path, RUN_LOCK))) ?? '');
  return holder && !isGone(holder) ? holder : undefined;
}

/** Makes the file, if it is not there: true. Else who lives and has made it; undefined where it should be tried again. */
async function claim(file: string, text: string): Promise<true | RunHolder | undefined> {
  if (await create(file, text)) return true;
  const found = await readLock(file);
  if (found === undefined) return undefined;
  const other = parseHolder(found);
  if (other && !isGone(other)) return other;
  await takeAway(file, found, text);
  return undefined;
}

/**
 * Takes away what a dead process left. Only one at a time may do so, who holds another such file: the slower of two must not take away what the
 * faster has made by then.
 */
async function takeAway(file: string, seen: string, text: string): Promise<void> {
  const guard = `${file}.guard`;
  if ((await claim(guard, text)) !== true) return;
  try {
    if ((await readLock(file)) === seen) await rm(file);
  } finally {
    await rm(guard);
  }
}

async function create(file: string, text: string): Promise<boolean> {
  try {
    await writeFileAtomic(file, text);
    return true;
  } catch (error) {
    if (error instanceof EspalierError && error.code === 'io.exists') return false;
    throw error;
  }
}

async function readLock(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

function parseHolder(text: string): RunHolder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<RunHolder> | null;
    return Number.isInteger(holder?.pid) ? (holder as RunHolder) : undefined;
  } catch {
    return undefined;
  }
}

function isLock(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8') === text;
  } catch {
    return false;
  }
}

/** Whether it is known that the process is dead. Its number may belong to another one by now, which began at another time. */
function isGone({ pid, host, born }: RunHolder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = lookAt(pid);
  return now !== undefined && (now.isDead || (born !== null && now.born !== born));
}

/** What Linux tells of a process: a killed one stays listed until its parent has looked. */
function lookAt(pid: number): { readonly born: string; readonly isDead: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the last bracket may hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { born: fields[19]!, isDead: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}

/** What is said to whoever wants to write to a run that another process holds: kind io, `run.locked`. */
export function lockedError(path: string, { pid, host, since }: RunHolder): EspalierError {
  const isHere = host === hostname();
  return new EspalierError({
    kind: 'io',
    code: 'run.locked',
    message: `The run ${path} is being written by process ${pid}${isHere ? '' : ` on ${host}`}, since ${since}.`,
    hint: isHere
      ? `Let it finish, end it after its step with \`kill ${pid}\`, or choose another --run-dir.`
      : `Let it finish; if it no longer runs there, remove ${join(path, RUN_LOCK)}.`,
  });
}
