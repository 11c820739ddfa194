// What a model is for, told from the shapes of its outputs, so that a metric can be proposed.
import type { ModelTask } from '../data/preprocess-guess.ts';
import { guessLayout } from './layouts/detection-layouts.ts';
import type { LayoutFacts, OutputShape } from './layouts/layout.ts';

/** A guess, with the sentence that explains it. */
export interface TaskGuess {
  readonly task: ModelTask;
  readonly reason: string;
}

/**
 * Guesses a model's task. A regression of one row of numbers per sample (landmarks, say) looks like a classifier from outside, so
 * a guess is to be shown and to be overruled; `other` is the answer for everything without a telling shape.
 */
export function guessTask(outputs: readonly OutputShape[], facts: LayoutFacts = {}): TaskGuess {
  const { layout, reason } = guessLayout(outputs, facts);
  if (layout) return { task: 'detect', reason };
  const list = outputs.map(describeShape).join(', ') || 'none';
  const ranks = outputs.map(({ dims }) => dims.length);
  if (outputs.length > 1 && ranks.every((rank) => rank === 3 || rank === 5)) {
    return {
      task: 'detect',
      reason: `Outputs ${list} are tables of predictions, one for each scale or part.`,
    };
  }
  const named = (part: RegExp): boolean => outputs.some(({ name }) => part.test(name));
  if (named(/box/i) && named(/scor|class|label|conf/i)) {
    return { task: 'detect', reason: `Outputs ${list} are named as boxes and their scores.` };
  }
  const [only] = outputs;
  if (!only || outputs.length > 1) {
    return { task: 'other', reason: `Outputs ${list} have no shape that tells the task.` };
  }
  const [, channels, ...spatial] = only.dims;
  const isRow = spatial.every((size) => size === 1) && [2, 4].includes(only.dims.length);
  if (isRow && typeof channels === 'number' && channels > 1) {
    return { task: 'classify', reason: `Output ${list} is one row of ${channels} scores per sample.` };
  }
  if (only.dims.length === 4 && !isRow) {
    if (channels === 3)
      return { task: 'other', reason: `Output ${list} is shaped as a picture of three channels.` };
    return { task: 'segment', reason: `Output ${list} is a map of scores per pixel.` };
  }
  return { task: 'other', reason: `Output ${list} has no shape that tells the task.` };
}

function describeShape({ name, dims }: OutputShape): string {
  return `'${name}' [${dims.map((dim) => dim ?? '?').join(', ')}]`;
}
