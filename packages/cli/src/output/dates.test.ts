import { expect, it } from 'vitest';
import { formatDate } from './dates.ts';

it('prints a moment in local time, to the minute', () => {
  expect(formatDate(new Date(2026, 6, 3, 9, 5, 59).toISOString())).toBe('2026-07-03 09:05');
  expect(formatDate(null)).toBe('-');
});
