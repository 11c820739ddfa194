// What detection metrics cost: `npm run bench -- detection`. Medians of repeated runs on drawn boxes: suppressing 20,000 candidates of one
// image (bar: 20 ms), and COCO average precision over 128 images of 300 detections (bar: 2 s).
import { createRandom, matchDetections, median, precisionPerClass, suppressOverlaps } from '@espalier/core';

const random = createRandom(3);
const drawBox = () => {
  const [x1, y1] = [random.next() * 600, random.next() * 600];
  const [x2, y2] = [x1 + 20 + random.next() * 80, y1 + 20 + random.next() * 80];
  return { classIndex: random.integer(80), score: random.next() ** 4, x1, y1, x2, y2 };
};

function medianMs(runs, work) {
  const times = Array.from({ length: runs }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return median(times);
}

const boxes = Array.from({ length: 20_000 }, drawBox);
const candidates = {
  corners: Float32Array.from(boxes.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2])),
  boxes: boxes.map((_, i) => i),
  classes: boxes.map(({ classIndex }) => classIndex),
  scores: boxes.map(({ score }) => score),
};
const images = Array.from({ length: 128 }, () => ({
  detections: Array.from({ length: 300 }, drawBox),
  truths: Array.from({ length: 30 }, drawBox),
}));
const objects = new Map(Array.from({ length: 80 }, (_, classIndex) => [classIndex, 48]));

const nmsMs = medianMs(30, () => suppressOverlaps(candidates));
const precisionMs = medianMs(5, () =>
  precisionPerClass(
    images.flatMap(({ detections, truths }) => matchDetections(detections, truths)),
    objects,
  ),
);
console.log(`suppression of ${boxes.length} candidates: ${nmsMs.toFixed(1)} ms (bar 20)`);
console.log(`average precision of ${images.length} images: ${precisionMs.toFixed(0)} ms (bar 2000)`);
console.log(JSON.stringify({ bench: 'detection', nmsMs, precisionMs }));
