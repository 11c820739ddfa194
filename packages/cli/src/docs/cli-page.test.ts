import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXIT_CODES } from '../errors/exit-code.ts';
import { renderCliPage } from './cli-page.ts';
import { listFields } from './document-fields.ts';

const page = (name: string) => readFile(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

it('docs/cli.md is current (npm run build && node packages/cli/dist/docs/write-cli-page.js)', async () => {
  expect(await page('cli.md')).toBe(renderCliPage());
});

it('docs/errors.md lists every kind of error with its exit code', async () => {
  const text = await page('errors.md');
  for (const [kind, code] of Object.entries(EXIT_CODES)) {
    expect(text).toMatch(new RegExp(`\\| ${code} \\| \`${kind}\``));
  }
});

describe('listFields', () => {
  it('flattens objects, lists and choices', () => {
    const document = z.object({
      schema: z.literal('a@1'),
      rows: z.array(z.object({ name: z.string().optional().describe('its name') })).describe('all rows'),
      state: z.enum(['on', 'off']),
      by: z.record(z.string(), z.number().nullable()),
      pair: z.tuple([z.number(), z.number()]),
    });
    expect(listFields(document)).toEqual([
      { path: 'schema', type: '"a@1"', text: '', required: true },
      { path: 'rows[]', type: 'list of object', text: 'all rows', required: true },
      { path: 'rows[].name', type: 'string', text: 'its name', required: false },
      { path: 'state', type: '"on" or "off"', text: '', required: true },
      { path: 'by', type: 'number or null by name', text: '', required: true },
      { path: 'pair', type: '[number, number]', text: '', required: true },
    ]);
  });
});
