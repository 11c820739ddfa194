import { expect, it } from 'vitest';
import { openDocument } from '../page/small-run.case.ts';
import { createMaker } from './element.ts';

it('makes elements of both kinds, leaving out what is not there', () => {
  const { html, svg } = createMaker(openDocument());
  const made = html(
    'p',
    { id: 'a', class: undefined, tabindex: 0 },
    'x < y',
    undefined,
    svg('svg', {}, svg('title', {}, '&')),
  );
  expect(made.getAttributeNames().sort()).toEqual(['id', 'tabindex']);
  expect(made.firstChild?.textContent).toBe('x < y');
  expect(made.querySelector('svg')?.namespaceURI).toBe('http://www.w3.org/2000/svg');
  expect(made.outerHTML).toContain('x &lt; y<svg><title>&amp;</title></svg>');
});
