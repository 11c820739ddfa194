// Where this machine remembers what it measured of itself.
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Path of a file in the user's cache folder, which is made; undefined where it cannot be: a cache is only ever a shortcut. */
export async function cacheFile(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  const folder = join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'espalier');
  return mkdir(folder, { recursive: true }).then(
    () => join(folder, name),
    () => undefined,
  );
}
