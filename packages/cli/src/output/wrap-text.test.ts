import { expect, it } from 'vitest';
import { wrapText } from './wrap-text.ts';

it('breaks at blanks, before the line is too long', () => {
  expect(wrapText('one two three four', 11, 2)).toEqual(['  one two', '  three', '  four']);
  expect(wrapText('one two', 7)).toEqual(['one two']);
});

it('leaves long words whole', () => {
  expect(wrapText('a /model.0/conv/Conv_output_0 b', 8)).toEqual(['a', '/model.0/conv/Conv_output_0', 'b']);
});
