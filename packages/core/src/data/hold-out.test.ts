import { expect, it } from 'vitest';
import { choosePositions, holdOut } from './hold-out.ts';

const positions = Array.from({ length: 40 }, (_, i) => i);
/** Three of four samples are of class 0. */
const classes = positions.map((position) => (position % 4 === 3 ? 1 : 0));

it('parts the positions, and the seed decides how', () => {
  const { train, held } = holdOut(positions, 0.2, 1);
  expect(held).toHaveLength(8);
  expect([...train, ...held].sort((a, b) => a - b)).toEqual(positions);
  expect(holdOut(positions, 0.2, 1).held).toEqual(held);
  expect(holdOut(positions, 0.2, 2).held).not.toEqual(held);
});

it('keeps the share of every class', () => {
  for (const seed of [1, 2, 3]) {
    const { held } = holdOut(positions, 0.2, seed, classes);
    expect(held.filter((position) => classes[position] === 1)).toHaveLength(2);
  }
});

it('parts a choice of the set too, and holds out at least one sample', () => {
  const few = choosePositions(40, classes, 8);
  const { train, held } = holdOut(few, 0.01, 1, classes);
  expect(held).toHaveLength(1);
  expect([...train, ...held].sort((a, b) => a - b)).toEqual(few);
});
