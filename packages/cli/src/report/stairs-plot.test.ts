import { expect, it } from 'vitest';
import { plotStairs } from './stairs-plot.ts';

const curve = (title: string, times: readonly number[], from = 13) => ({
  title,
  times: times.map((ms, at) => ({ width: from + at, ms })),
});

it('draws bars relative to the last width, two curves on one scale', () => {
  expect(plotStairs([curve('rising', [5, 5, 10, 10]), curve('flat', [3, 3, 3, 3], 15)])).toEqual([
    '     rising    flat',
    '1.0x   ██      ████',
    '0.8x   ██      ████',
    '0.6x ▄▄██      ████',
    '0.4x ████      ████',
    '0.2x ████      ████',
    '        16      16',
  ]);
});

it('stays small where one width is much slower', () => {
  const lines = plotStairs([curve('wild', [40, 1, 10])]);
  // Four times as long as the last: each line is worth three fifths of it.
  expect(lines).toEqual([
    '     wild',
    '4.2x ▅',
    '3.6x █',
    '3.0x █',
    '2.4x █',
    '1.8x █',
    '1.2x █ ▅',
    '0.6x █▁█',
    '',
  ]);
});
