import { describe, expect, it } from 'vitest';
import { guessAugment } from './augment-guess.ts';
import { formatAugment } from './augment-text.ts';
import type { ModelTask } from './preprocess-guess.ts';

describe('guessAugment', () => {
  it.each<[ModelTask, number, readonly string[] | undefined, string]>([
    ['classify', 32, undefined, 'crop=4,flip'],
    ['classify', 28, ['0', '1', '2'], 'crop=3'],
    ['classify', 64, ['arrow_left', 'arrow_right'], 'crop=8'],
    ['classify', 64, ['bright', 'leftover'], 'crop=8,flip'],
    ['classify', 224, ['cat', 'dog'], 'flip,scale=0.75..1.25'],
    ['detect', 640, undefined, 'flip,scale=0.5..1.5'],
    ['segment', 224, undefined, 'none'],
    ['other', 224, undefined, 'none'],
  ])('%s %i %j: %4$s', (task, side, classNames, expected) => {
    const input = { width: side, height: side };
    const guess = guessAugment({ task, input, ...(classNames && { classNames }) });
    expect(formatAugment(guess.augment)).toBe(expected);
    expect(guess.reasons.length).toBeGreaterThan(0);
  });

  it('says that mirroring is assumed, or why it is left out', () => {
    const input = { width: 32, height: 32 };
    expect(guessAugment({ task: 'classify', input }).reasons.join(' ')).toContain('assumed');
    expect(guessAugment({ task: 'classify', input, classNames: ['a', 'b'] }).reasons.join(' ')).toContain(
      "A class is named 'a'",
    );
  });
});
