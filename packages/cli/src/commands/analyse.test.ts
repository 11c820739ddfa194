import { describe, expect, it } from 'vitest';
import { parseInputShapes } from './analyse.ts';

describe('parseInputShapes', () => {
  it('reads names, also with colons, and the unnamed only input', () => {
    expect(parseInputShapes(['images:1x3x640x640', 'input:0:2x8'])).toEqual({
      images: [1, 3, 640, 640],
      'input:0': [2, 8],
    });
    expect(parseInputShapes(['1x3x32x32'])).toEqual({ '': [1, 3, 32, 32] });
  });

  it.each(['images', 'images:', 'x:1x0', 'x:1xbx2', 'x:1.5x2'])('refuses %s', (text) => {
    expect(() => parseInputShapes([text])).toThrow(
      expect.objectContaining({ code: 'options.bad-shape', message: `--input-shape cannot be '${text}'.` }),
    );
  });
});
