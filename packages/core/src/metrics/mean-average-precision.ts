// Mean average precision of detections, as COCO defines it (Microsoft COCO: Common Objects in Context, 2014, and its
// evaluation protocol): greedy matching by score, 101 recall points, ten IoU thresholds.
import type { TargetBox } from '../data/dataset.ts';
import { boxArea, boxIou, type Detection, intersectionArea } from './box.ts';

/** IoU .50, .55, … .95: a detection counts at a threshold when it overlaps an object by at least that much. */
export const COCO_IOU_THRESHOLDS: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => (50 + 5 * i) / 100,
);

/** What became of one detection. */
export interface MatchedDetection {
  readonly classIndex: number;
  readonly score: number;
  /** Bit t is set where the detection found an object of its own at the t-th threshold. */
  readonly hits: number;
  /** Bit t is set where it lies in a crowd region at the t-th threshold and so counts neither way. */
  readonly ignored: number;
}

/** How well one class is detected. */
export interface ClassPrecision {
  readonly classIndex: number;
  /** Objects of this class, crowds left out. */
  readonly objects: number;
  /** Average precision per IoU threshold, 0 to 1. */
  readonly averagePrecision: readonly number[];
}

/**
 * Holds the detections of one image against its objects, class by class and threshold by threshold (at most 31): from the highest
 * score down, each detection takes the object left that it overlaps most. Boxes of both in the same pixels. Detections left over
 * may share a crowd region, measured by the part of the detection that lies in it.
 */
export function matchDetections(
  detections: readonly Detection[],
  truths: readonly TargetBox[],
  thresholds: readonly number[] = COCO_IOU_THRESHOLDS,
): readonly MatchedDetection[] {
  const truthsOf = groupByClass(truths);
  // Bit t of an object's entry is set once it is taken at the t-th threshold.
  const taken = new Map<TargetBox, number>();
  return [...detections]
    .sort((a, b) => b.score - a.score)
    .map((detection) => {
      const { classIndex, score } = detection;
      const rivals = truthsOf.get(classIndex) ?? [];
      const objects = rivals.filter((truth) => !truth.crowd);
      const overlaps = objects.map((truth) => boxIou(detection, truth));
      const crowding = Math.max(
        0,
        ...rivals.filter((truth) => truth.crowd).map((crowd) => coveredShare(detection, crowd)),
      );
      let hits = 0;
      let ignored = 0;
      for (const [t, threshold] of thresholds.entries()) {
        const bit = 1 << t;
        let best = -1;
        for (const [i, overlap] of overlaps.entries()) {
          const free = ((taken.get(objects[i]!) ?? 0) & bit) === 0;
          if (free && overlap >= threshold && overlap > (overlaps[best] ?? 0)) best = i;
        }
        if (best >= 0) {
          hits |= bit;
          taken.set(objects[best]!, (taken.get(objects[best]!) ?? 0) | bit);
        } else if (crowding >= threshold) ignored |= bit;
      }
      return { classIndex, score, hits, ignored };
    });
}

/**
 * Average precision of one class at one threshold over all images: the mean over recall 0, .01, … 1 of the best precision reached
 * at that recall or a higher one, 0 where it is never reached. `hits` says of each detection, from the highest score down, whether
 * it found one of the `objects`. NaN without objects.
 */
export function averagePrecision(hits: readonly boolean[], objects: number): number {
  if (objects === 0) return Number.NaN;
  const precisions: number[] = [];
  for (const [i, hit] of hits.entries()) if (hit) precisions.push((precisions.length + 1) / (i + 1));
  // From the last hit back, so that each sees the best precision at its own recall or a higher one.
  let [best, sum] = [0, 0];
  for (let found = precisions.length; found > 0; found--) {
    best = Math.max(best, precisions[found - 1]!);
    sum += best * (recallPoints(found, objects) - (found === 1 ? 0 : recallPoints(found - 1, objects)));
  }
  return sum / 101;
}

/**
 * Average precision of each class that has objects, by class index, from the matches of all images. `objects` counts the objects
 * by class. Detections of equal score are taken in the order given, and `thresholds` is how many the matches were made with.
 */
export function precisionPerClass(
  matches: readonly MatchedDetection[],
  objects: ReadonlyMap<number, number>,
  thresholds: number = COCO_IOU_THRESHOLDS.length,
): readonly ClassPrecision[] {
  const matchesOf = groupByClass(matches);
  return [...objects]
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => a - b)
    .map(([classIndex, count]) => {
      const ranked = (matchesOf.get(classIndex) ?? []).toSorted((a, b) => b.score - a.score);
      return {
        classIndex,
        objects: count,
        averagePrecision: Array.from({ length: thresholds }, (_, t) => {
          const judged = ranked.filter((match) => (match.ignored & (1 << t)) === 0);
          return averagePrecision(
            judged.map((match) => (match.hits & (1 << t)) !== 0),
            count,
          );
        }),
      };
    });
}

/** Number of the recall points 0, .01, … 1 that `found` of `objects` reach; whole numbers, so that no rounding decides. */
function recallPoints(found: number, objects: number): number {
  return Math.floor((100 * found) / objects) + 1;
}

function coveredShare(detection: Detection, region: TargetBox): number {
  const shared = intersectionArea(detection, region);
  return shared === 0 ? 0 : shared / boxArea(detection);
}

function groupByClass<Item extends { readonly classIndex: number }>(
  items: readonly Item[],
): ReadonlyMap<number, readonly Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(item.classIndex);
    if (group) group.push(item);
    else groups.set(item.classIndex, [item]);
  }
  return groups;
}
