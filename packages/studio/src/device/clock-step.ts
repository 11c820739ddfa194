// Browsers make their clocks coarse on purpose, by an amount that differs; how coarse this one is has to be measured.

/** The smallest step that `now` was seen to move by, milliseconds, over 20 steps. */
export function findClockStep(now: () => number): number {
  let step = Number.POSITIVE_INFINITY;
  for (let seen = 0, last = now(); seen < 20; ) {
    const next = now();
    if (next === last) continue;
    step = Math.min(step, next - last);
    last = next;
    seen++;
  }
  return step;
}
