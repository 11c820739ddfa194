// Images per second of the training loader, inline and on one worker thread: `npm run bench -- loading`. The ratio is thread over inline;
// what a thread is for is the time it takes off the training step, so 1 is good enough.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAugment, parsePreprocess, UNTOUCHED } from '@espalier/core';
import { openTrainingLoader } from '@espalier/node';

const shared = fileURLToPath(new URL('../../shared/data/', import.meta.url));
const small = parsePreprocess('size=32x32 scale=1/255 channels=rgb', UNTOUCHED);
const large = parsePreprocess(
  'size=640x640 scale=1/255 channels=rgb resize=letterbox padValue=114',
  UNTOUCHED,
);
const cifar = { path: `${shared}cifar10/train.bin`, preprocess: small, batch: 128, seed: 1 };
const coco = {
  path: `${shared}coco/dataset.yaml`,
  dataset: { split: 'train' },
  preprocess: large,
  batch: 8,
  seed: 1,
};

/** `warmUp` steps are not counted; in the cached cases they are the whole first epoch. */
const CASES = [
  { name: 'CIFAR-10 crop, flip', options: { ...cifar, augment: 'crop=4,flip' }, warmUp: 93, steps: 200 },
  {
    name: 'CIFAR-10 crop, flip, jitter, cutout',
    options: { ...cifar, augment: 'crop=4,flip,jitter=0.2,cutout=8' },
    warmUp: 93,
    steps: 100,
  },
  { name: 'COCO 640 decoded', options: { ...coco, augment: 'none', cacheBytes: 0 }, warmUp: 2, steps: 14 },
  { name: 'COCO 640 cached', options: { ...coco, augment: 'none' }, warmUp: 16, steps: 16 },
  {
    name: 'COCO 640 cached, scale, flip',
    options: { ...coco, augment: 'scale=0.5..1.5,flip' },
    warmUp: 16,
    steps: 16,
  },
];

const results = [];
if (!existsSync(shared)) console.error('Skipped: the shared images are not here.');
for (const { name, options, warmUp, steps } of existsSync(shared) ? CASES : []) {
  const [inline, thread] = [
    await measure(options, 0, warmUp, steps),
    await measure(options, 1, warmUp, steps),
  ];
  console.log(`${name}: inline ${inline.toFixed(0)} images/s, one thread ${thread.toFixed(0)} images/s`);
  results.push({ name, ratio: thread / inline });
}
console.log(JSON.stringify({ results }));

/** Images per second, the best of three stretches. */
async function measure({ augment, ...options }, workers, warmUp, steps) {
  const loader = await openTrainingLoader({ ...options, augment: parseAugment(augment), workers });
  try {
    let step = 0;
    const take = async (count) => {
      for (const end = step + count; step < end; step++) loader.recycle(await loader.next(step));
    };
    await take(warmUp);
    let best = 0;
    for (let stretch = 0; stretch < 3; stretch++) {
      const start = performance.now();
      await take(steps);
      best = Math.max(best, (1000 * steps * options.batch) / (performance.now() - start));
    }
    return best;
  } finally {
    await loader.close();
  }
}
