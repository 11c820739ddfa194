import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TargetBox } from '../data/dataset.ts';
import { createRandom } from '../random.ts';
import type { Detection } from './box.ts';
import {
  averagePrecision,
  COCO_IOU_THRESHOLDS,
  type MatchedDetection,
  matchDetections,
  precisionPerClass,
} from './mean-average-precision.ts';

/** A box of height 10 from x1 to x2. */
const object = (x1: number, x2: number, more: Partial<TargetBox> = {}): TargetBox => ({
  classIndex: 0,
  x1,
  y1: 0,
  x2,
  y2: 10,
  ...more,
});
const found = (x1: number, x2: number, score: number, classIndex = 0): Detection => ({
  ...object(x1, x2, { classIndex }),
  score,
});

const bitsOf = (matches: readonly MatchedDetection[]) =>
  matches.map(({ score, hits, ignored }) => ({ score, hits, ignored }));

describe('averagePrecision', () => {
  // Of the 101 recall points, found/objects of them (rounded down, and one for recall 0) see the precision of each hit.
  it.each([
    ['all found, nothing else', [true, true], 2, 1],
    ['nothing found', [false, false], 2, 0],
    ['no detections', [], 3, 0],
    // Recall 1/2 at precision 1: points 0 to .50 are 51 of 101.
    ['half found', [true], 2, 51 / 101],
    // The only hit comes second, at precision 1/2, for all points.
    ['a false one first', [false, true], 1, 1 / 2],
    ['a false one after the last hit', [true, false], 1, 1],
    // Hits at ranks 1, 3, 4: precisions 1, 2/3, 3/4 at recalls 1/4, 2/4, 3/4. The envelope lifts the second to 3/4:
    // 26 points (0 to .25) at 1, 50 points (.26 to .75) at 3/4, the other 25 at 0.
    ['a dent in the curve', [true, false, true, true], 4, (26 + 50 * 0.75) / 101],
    // Recalls 1/3 and 2/3 reach points 0 to .33 and .34 to .66.
    ['thirds', [true, false, true], 3, (34 + 33 * (2 / 3)) / 101],
  ])('%s', (_, hits, objects, expected) => {
    expect(averagePrecision(hits, objects)).toBeCloseTo(expected, 14);
  });

  it('says NaN where there is nothing to find', () => {
    expect(averagePrecision([false], 0)).toBeNaN();
  });
});

describe('matchDetections', () => {
  it('counts a detection at every threshold that its overlap reaches', () => {
    // 10 wide on 8 of them: IoU .8 reaches .50 .55 .60 .65 .70 .75 .80, the lowest 7 bits.
    expect(bitsOf(matchDetections([found(0, 8, 0.9)], [object(0, 10)]))).toEqual([
      { score: 0.9, hits: 0b1111111, ignored: 0 },
    ]);
  });

  it('gives an object to the more confident of two, and the other to what is left', () => {
    const matches = (detections: readonly Detection[], truths: readonly TargetBox[]) =>
      bitsOf(matchDetections(detections, truths, [0.5]));
    expect(matches([found(0, 10, 0.3), found(0, 9, 0.8)], [object(0, 10)])).toEqual([
      { score: 0.8, hits: 1, ignored: 0 },
      { score: 0.3, hits: 0, ignored: 0 },
    ]);
    // Both overlap both objects by more than half; the first takes the one it fits best, whatever the order.
    const crowded = [object(2, 12), object(0, 10)];
    expect(matches([found(0, 10, 0.8), found(0, 11, 0.3)], crowded).map((m) => m.hits)).toEqual([1, 1]);
  });

  it('holds classes apart', () => {
    expect(bitsOf(matchDetections([found(0, 10, 0.9, 1)], [object(0, 10)], [0.5]))[0]!.hits).toBe(0);
  });

  it('ignores in a crowd what found no object of its own, as often as it comes', () => {
    const crowd = object(0, 100, { crowd: true });
    const detections = [found(0, 10, 0.9), found(20, 30, 0.8), found(30, 40, 0.7), found(95, 110, 0.6)];
    expect(bitsOf(matchDetections(detections, [crowd, object(0, 10)], [0.5]))).toEqual([
      { score: 0.9, hits: 1, ignored: 0 },
      { score: 0.8, hits: 0, ignored: 1 },
      { score: 0.7, hits: 0, ignored: 1 },
      // Only a third of it lies in the crowd.
      { score: 0.6, hits: 0, ignored: 0 },
    ]);
  });
});

describe('precisionPerClass', () => {
  it('ranks over all images, leaves ignored detections out and lists the classes that occur', () => {
    const match = (classIndex: number, score: number, hits: number, ignored = 0): MatchedDetection => ({
      classIndex,
      score,
      hits,
      ignored,
    });
    // Class 2 by score: .9 wrong (ignored at the second threshold), .8 right, .5 right at the first threshold only.
    const matches = [match(2, 0.5, 0b01), match(2, 0.9, 0, 0b10), match(2, 0.8, 0b11), match(7, 0.9, 0)];
    const objects = new Map([
      [5, 1],
      [2, 2],
      [9, 0],
    ]);
    expect(precisionPerClass(matches, objects, 2)).toEqual([
      {
        classIndex: 2,
        objects: 2,
        // First: precisions 1/2 and 2/3, the envelope 2/3 over all points. Second: 1 up to recall 1/2.
        averagePrecision: [expect.closeTo(2 / 3, 14), expect.closeTo(51 / 101, 14)],
      },
      { classIndex: 5, objects: 1, averagePrecision: [0, 0] },
    ]);
  });
});

describe('properties', () => {
  interface Scene {
    readonly detections: readonly Detection[];
    readonly truths: readonly TargetBox[];
  }

  function meanOf(scenes: readonly Scene[]): number {
    const objects = new Map<number, number>();
    for (const { classIndex } of scenes.flatMap((scene) => scene.truths)) {
      objects.set(classIndex, (objects.get(classIndex) ?? 0) + 1);
    }
    const matches = scenes.flatMap((scene) => matchDetections(scene.detections, scene.truths));
    const all = precisionPerClass(matches, objects).flatMap((entry) => entry.averagePrecision);
    return all.reduce((sum, ap) => sum + ap, 0) / all.length;
  }

  /** Images with objects and, near most of them, detections; all scores differ. */
  function drawScenes(seed: number): Scene[] {
    const random = createRandom(seed);
    return Array.from({ length: 1 + random.integer(4) }, () => {
      const truths = Array.from({ length: 1 + random.integer(5) }, () => {
        const [x1, y1] = [random.next() * 50, random.next() * 50];
        const size = 5 + random.next() * 30;
        return { classIndex: random.integer(2), x1, y1, x2: x1 + size, y2: y1 + size };
      });
      const detections = truths
        .flatMap((truth) => [truth, truth])
        .map((truth) => {
          const shift = 5 * random.normal();
          return { ...truth, x1: truth.x1 + shift, x2: truth.x2 + shift, score: random.next() };
        });
      return { truths, detections };
    });
  }

  const seeds = fc.integer();

  it('perfect detections score 1, whatever their confidence', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = createRandom(seed);
        const scenes = drawScenes(seed).map(({ truths }) => ({
          truths,
          detections: truths.map((truth) => ({ ...truth, score: random.next() })),
        }));
        expect(meanOf(scenes)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('the order of images, objects and detections does not matter', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const scenes = drawScenes(seed);
        const turned = scenes.toReversed().map(({ detections, truths }) => ({
          detections: detections.toReversed(),
          truths: truths.toReversed(),
        }));
        expect(meanOf(turned)).toBeCloseTo(meanOf(scenes), 12);
      }),
    );
  });

  it('a false detection never raises the score, and below all others it changes nothing', () => {
    const faraway = { classIndex: 0, x1: 500, y1: 500, x2: 510, y2: 510 };
    const scored = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(seeds, scored, (seed, score) => {
        const scenes = drawScenes(seed);
        const [first, ...rest] = scenes as [Scene, ...Scene[]];
        const withFalse = (at: number) =>
          meanOf([{ ...first, detections: [...first.detections, { ...faraway, score: at }] }, ...rest]);
        expect(withFalse(score)).toBeLessThanOrEqual(meanOf(scenes) + 1e-12);
        expect(withFalse(-1)).toBe(meanOf(scenes));
      }),
    );
  });
});

it('the thresholds are exact decimals', () => {
  expect(COCO_IOU_THRESHOLDS).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]);
});
