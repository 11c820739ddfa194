import { expect, it } from 'vitest';
import type { Corners } from '../data/placement.ts';
import { boxArea, boxIou, intersectionArea } from './box.ts';

const box = (x1: number, y1: number, x2: number, y2: number): Corners => ({ x1, y1, x2, y2 });

it.each([
  ['the same box', box(0, 0, 4, 2), box(0, 0, 4, 2), 8, 1],
  ['half of it', box(0, 0, 4, 2), box(0, 0, 2, 2), 4, 1 / 2],
  ['shifted by half its width', box(0, 0, 4, 2), box(2, 0, 6, 2), 4, 1 / 3],
  ['a shared corner area', box(0, 0, 2, 2), box(1, 1, 3, 3), 1, 1 / 7],
  ['a shared edge', box(0, 0, 2, 2), box(2, 0, 4, 2), 0, 0],
  ['apart on both axes', box(0, 0, 1, 1), box(2, 2, 3, 3), 0, 0],
  ['two empty boxes', box(1, 1, 1, 1), box(1, 1, 1, 1), 0, 0],
  ['swapped corners', box(4, 2, 0, 0), box(0, 0, 4, 2), 0, 0],
])('%s', (_, a, b, shared, iou) => {
  expect(intersectionArea(a, b)).toBe(shared);
  expect(boxIou(a, b)).toBeCloseTo(iou, 15);
  expect(boxIou(b, a)).toBe(boxIou(a, b));
});

it('an area is never negative', () => {
  expect(boxArea(box(0, 0, 4, 2))).toBe(8);
  expect(boxArea(box(4, 2, 0, 0))).toBe(0);
});
