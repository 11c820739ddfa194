// Times of named steps, taken in turn round by round, so that whatever disturbs one disturbs all.
import { performance } from 'node:perf_hooks';
import { median } from '@espalier/core';

/**
 * Runs every step (name to function) once per round and returns the median milliseconds by name. A step that has used up `seconds` in
 * total rests from then on. The first run of a step compiles and fills caches; it counts only where it is the only one.
 */
export async function measureSteps(steps, { rounds = 15, seconds = 3 } = {}) {
  const times = new Map(Object.keys(steps).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, step] of Object.entries(steps)) {
      const own = times.get(name);
      if (own.reduce((sum, ms) => sum + ms, 0) > 1000 * seconds) continue;
      const start = performance.now();
      await step();
      own.push(performance.now() - start);
    }
  }
  const settled = [...times].map(([name, all]) => [name, median(all.length > 1 ? all.slice(1) : all)]);
  return Object.fromEntries(settled);
}
