import { expect, it } from 'vitest';
import { chooseLanguage } from './words.ts';

it.each([
  [['ja-JP', 'en'], 'ja'],
  [['de-DE', 'ja', 'en'], 'ja'],
  [['en-US', 'ja'], 'en'],
  [['fr'], 'en'],
  [[], 'en'],
])('of %j chooses %s', (asked, language) => {
  expect(chooseLanguage(asked)).toBe(language);
});
