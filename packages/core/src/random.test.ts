import { describe, expect, it } from 'vitest';
import { createRandom, mixSeeds } from './random.ts';

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

describe('mixSeeds', () => {
  it('gives neighbours in any part unrelated seeds', () => {
    const seeds = new Set<number>();
    for (let a = 0; a < 20; a++)
      for (let b = 0; b < 20; b++) for (let c = 0; c < 20; c++) seeds.add(mixSeeds(a, b, c));
    expect(seeds.size).toBe(8000);
    expect(mixSeeds(1, 2)).toBe(mixSeeds(1, 2));
    expect(mixSeeds(0)).not.toBe(mixSeeds(0, 0));
  });

  it('spreads over all bits', () => {
    let changed = 0;
    for (let i = 0; i < 1000; i++) {
      const difference = mixSeeds(5, i) ^ mixSeeds(5, i + 1);
      for (let bit = 0; bit < 32; bit++) changed += (difference >>> bit) & 1;
    }
    expect(changed / 1000).toBeGreaterThan(15);
    expect(changed / 1000).toBeLessThan(17);
  });
});
