import { expect, it } from 'vitest';
import { guessTask } from './guess-task.ts';
import type { OutputShape } from './layouts/layout.ts';

const out = (name: string, ...dims: OutputShape['dims']): OutputShape => ({ name, dims });

it.each([
  ['classify', [out('logits', 'N', 10)], "'logits' [N, 10] is one row of 10 scores per sample."],
  ['classify', [out('prob', 1, 1000, 1, 1)], 'one row of 1000 scores'],
  ['detect', [out('out', 1, 25200, 85)], 'Layout yolov5'],
  ['detect', [out('out', 1, 84, 8400)], 'Layout yolov8'],
  ['detect', [out('a', 1, 2704, 80), out('b', 1, 2704, 32)], 'tables of predictions'],
  ['detect', [out('boxes', null, 4), out('scores', null), out('labels', null)], 'named as boxes'],
  ['segment', [out('map', 'N', 1, 224, 224)], 'a map of scores per pixel'],
  ['segment', [out('map', null, 21, 'h', 'w')], "'map' [?, 21, h, w]"],
  ['other', [out('image', 1, 3, 'height', 'width')], 'a picture of three channels'],
  ['other', [out('angle', 'N', 1)], 'no shape that tells'],
  ['other', [out('a', 'N', 10), out('b', 'N', 128)], "'a' [N, 10], 'b' [N, 128]"],
  ['other', [out('sequence', 1, 12, 300)], 'no shape that tells'],
  ['other', [], 'Outputs none'],
] as const)('%s: %s', (task, outputs, reason) => {
  const guess = guessTask(outputs);
  expect(guess.task).toBe(task);
  expect(guess.reason).toContain(reason);
});
