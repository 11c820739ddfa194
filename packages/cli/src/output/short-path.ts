// Paths as people type them.
import { relative } from 'node:path';

/** The path relative to the current folder, or absolute where that would lead up and away; `.` for the current folder. */
export function shortPath(absolute: string): string {
  const path = relative(process.cwd(), absolute);
  if (path === '') return '.';
  return path.startsWith('..') ? absolute : path;
}
