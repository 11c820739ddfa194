import { expect, it } from 'vitest';
import { parseDuration } from './parse-duration.ts';

it.each([
  ['90s', 90],
  ['20m', 1200],
  ['1h30m', 5400],
  ['2h0m5s', 7205],
])('reads %s', (text, seconds) => {
  expect(parseDuration('--time', text)).toBe(seconds);
});

it.each(['', '20', '0m', 'm', '1.5h', '30m1h'])("refuses '%s'", (text) => {
  expect(() => parseDuration('--time', text)).toThrow(
    expect.objectContaining({ code: 'options.bad-duration', message: `--time cannot be '${text}'.` }),
  );
});
