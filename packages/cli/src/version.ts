// The version of espalier, as its package says.
import { createRequire } from 'node:module';

/** Such as `0.1.0`. */
export function readVersion(): string {
  return createRequire(import.meta.url)('../package.json').version;
}
