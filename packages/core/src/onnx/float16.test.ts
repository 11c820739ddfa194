import { expect, it } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from './float16.ts';

const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNaNPattern = (pattern: number): boolean => (pattern & 0x7fff) > 0x7c00;

it('every pattern but the NaNs comes back', () => {
  const back = float32ToFloat16(float16ToFloat32(patterns));
  expect([...back.keys()].filter((i) => !isNaNPattern(i) && back[i] !== i)).toEqual([]);
  expect([...back.keys()].filter((i) => isNaNPattern(i) && !isNaNPattern(back[i]!))).toEqual([]);
});

it('known values', () => {
  const values = [0, 1, -2, 65504, 2 ** -14, 2 ** -24, 1 / 3, Number.POSITIVE_INFINITY];
  const expected = [0, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555, 0x7c00];
  expect([...float32ToFloat16(Float32Array.from(values))]).toEqual(expected);
  expect(Object.is(float16ToFloat32(Uint16Array.of(0x8000))[0], -0)).toBe(true);
});

it('rounds to the nearest, ties to the even pattern', () => {
  const halves = float16ToFloat32(patterns);
  for (let i = 0; i < 0x7bff; i++) {
    const tie = (halves[i]! + halves[i + 1]!) / 2;
    const gap = (halves[i + 1]! - halves[i]!) / 1024;
    const even = i % 2 === 0 ? i : i + 1;
    expect([...float32ToFloat16(Float32Array.of(tie - gap, tie, tie + gap))]).toEqual([i, even, i + 1]);
  }
  expect([...float32ToFloat16(Float32Array.of(65519, 65520, -65520))]).toEqual([0x7bff, 0x7c00, 0xfc00]);
});
