import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxIou, type Detection } from './box.ts';
import { type Candidates, suppressOverlaps } from './nms.ts';

function candidatesOf(detections: readonly Detection[]): Candidates {
  return {
    corners: Float32Array.from(detections.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2])),
    boxes: detections.map((_, i) => i),
    classes: detections.map((d) => d.classIndex),
    scores: detections.map((d) => d.score),
  };
}

const at = (x1: number, score: number, classIndex = 0): Detection => ({
  classIndex,
  score,
  x1,
  y1: 0,
  x2: x1 + 10,
  y2: 10,
});

describe('suppressOverlaps', () => {
  it('keeps the best of each heap, and what only a suppressed box overlaps', () => {
    // IoU of boxes 10 wide: shifted by 2 -> 8/12 = .667, by 4 -> 6/14 = .429.
    const found = suppressOverlaps(candidatesOf([at(0, 0.9), at(4, 0.7), at(2, 0.8), at(50, 0.3)]));
    expect(found).toEqual([at(0, 0.9), at(4, 0.7), at(50, 0.3)]);
  });

  it('suppresses above the threshold, not at it', () => {
    const pair = candidatesOf([at(0, 0.9), at(5, 0.8)]);
    expect(suppressOverlaps(pair, { iouThreshold: 1 / 3 })).toHaveLength(2);
    expect(suppressOverlaps(pair, { iouThreshold: 0.33 })).toHaveLength(1);
  });

  it('leaves other classes alone, on the same box too', () => {
    const candidates: Candidates = {
      corners: Float32Array.of(0, 0, 10, 10),
      boxes: [0, 0],
      classes: [3, 7],
      scores: [0.25, 0.5],
    };
    expect(suppressOverlaps(candidates)).toEqual([at(0, 0.5, 7), at(0, 0.25, 3)]);
  });

  it('keeps the best of all classes up to the limit, the first of equals', () => {
    const candidates = candidatesOf([at(0, 0.5), at(20, 0.9, 1), at(40, 0.5), at(60, 0.5)]);
    const found = suppressOverlaps(candidates, { maxDetections: 2 });
    expect(found).toEqual([at(20, 0.9, 1), at(0, 0.5)]);
  });

  it('gives nothing for nothing', () => {
    expect(suppressOverlaps(candidatesOf([]))).toEqual([]);
  });

  it('keeps exactly the boxes that no better kept box of their class overlaps', () => {
    const detection = fc.record({
      classIndex: fc.integer({ min: 0, max: 2 }),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      x1: fc.integer({ min: 0, max: 20 }),
      y1: fc.integer({ min: 0, max: 20 }),
      size: fc.integer({ min: 1, max: 15 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(detection, { selector: (d) => d.score, maxLength: 40 }), (drawn) => {
        const all = drawn.map(({ size, ...d }) => ({ ...d, x2: d.x1 + size, y2: d.y1 + size }));
        const kept = suppressOverlaps(candidatesOf(all), { iouThreshold: 0.5 });
        const beaten = (d: Detection): boolean =>
          kept.some((k) => k.classIndex === d.classIndex && k.score > d.score && boxIou(k, d) > 0.5);
        expect(kept).toEqual(all.filter((d) => !beaten(d)).sort((a, b) => b.score - a.score));
      }),
    );
  });
});
