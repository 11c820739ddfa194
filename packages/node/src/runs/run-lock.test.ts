import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockRun, RUN_LOCK, type RunHolder, readHolder } from './run-lock.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-lock-'));
  file = join(folder, RUN_LOCK);
});
afterEach(() => rm(folder, { recursive: true }));

const since = '2026-07-30T10:00:00.000Z';
const leave = (holder: Partial<RunHolder>): Promise<void> =>
  writeFile(file, JSON.stringify({ pid: process.pid, host: hostname(), since, born: null, ...holder }));

/** The number of a process that has been. */
function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

it('is held by one at a time, and by nobody once it is released', async () => {
  const lock = await lockRun(folder);
  expect(await readHolder(folder)).toMatchObject({ pid: process.pid, host: hostname() });
  await expect(lockRun(folder)).rejects.toMatchObject({
    ...{ kind: 'io', code: 'run.locked' },
    message: expect.stringContaining(`by process ${process.pid}, since 2`),
    hint: expect.stringContaining(`kill ${process.pid}`),
  });
  lock.release();
  expect(await readHolder(folder)).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
  (await lockRun(folder)).release();
});

it('needs a folder', async () => {
  await expect(lockRun(join(folder, 'none'))).rejects.toMatchObject({ code: 'io.no-folder' });
  expect(await readHolder(join(folder, 'none'))).toBeUndefined();
});

it('is taken over from a process that is dead', async () => {
  await leave({ pid: deadPid() });
  expect(await readHolder(folder)).toBeUndefined();
  const lock = await lockRun(folder);
  expect((await readHolder(folder))?.pid).toBe(process.pid);
  lock.release();
  expect(await readdir(folder)).toEqual([]);
});

it.skipIf(!existsSync('/proc/self/stat'))(
  'is taken over where another process has that number now',
  async () => {
    await leave({ pid: process.pid, born: '1' });
    expect(await readHolder(folder)).toBeUndefined();
    (await lockRun(folder)).release();
  },
);

it.each(['', '{"pid":', 'null', '{"pid":"1"}'])('is taken over where it says nothing: %j', async (text) => {
  await writeFile(file, text);
  expect(await readHolder(folder)).toBeUndefined();
  (await lockRun(folder)).release();
});

it('is believed of another host, where nobody can look', async () => {
  await leave({ pid: deadPid(), host: 'elsewhere' });
  expect((await readHolder(folder))?.host).toBe('elsewhere');
  await expect(lockRun(folder)).rejects.toMatchObject({
    code: 'run.locked',
    message: expect.stringMatching(/by process \d+ on elsewhere, since /),
    hint: expect.stringContaining(`remove ${file}`),
  });
});

it('is taken over by one of several that try at once', async () => {
  await leave({ pid: deadPid() });
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockRun(folder)));
  const locks = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(locks).toHaveLength(1);
  for (const each of tries) {
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'run.locked' });
  }
  locks[0]!.release();
  expect(await readdir(folder)).toEqual([]);
});

it('is not released by one that has lost it', async () => {
  const lock = await lockRun(folder);
  await rm(file);
  await leave({ host: 'elsewhere' });
  lock.release();
  expect(await readFile(file, 'utf8')).toContain('elsewhere');
});
