import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';

describe('createRandom', () => {
  it('repeats itself for a seed and differs between seeds', () => {
    const take = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 8 }, () => random.next());
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it('is uniform and normal to within sampling error', () => {
    const random = createRandom(3);
    const n = 20_000;
    let uniform = 0;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      uniform += random.next() / n;
      const z = random.normal();
      sum += z / n;
      squares += (z * z) / n;
    }
    expect(uniform).toBeCloseTo(0.5, 1);
    expect(Math.abs(sum)).toBeLessThan(0.03);
    expect(squares).toBeCloseTo(1, 1);
  });
});
