import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { drawRunPage } from './draw-run-page.ts';
import { makeRunPage, type RunSource } from './page/run-page.ts';
import { facts, journal, judged, layerOf, openDocument, source, stepOf } from './page/small-run.case.ts';

function draw(of: RunSource) {
  const text = drawRunPage(makeRunPage(of), openDocument());
  const { document } = parseHTML(text);
  return { text, document: document as Document };
}
const idsOf = (document: Document): readonly string[] =>
  [...document.querySelectorAll('section')].map(({ id }) => id);

it('has a section for all that is known, each reached from the top', () => {
  const { text, document } = draw(source);
  expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(document.querySelector('h1')?.textContent).toBe(
    '60.0 % of the MACs, 1.60x as fast, top1 −0.4 points',
  );
  const ids = ['steps', 'classes', 'sensitivity', 'widths', 'graph', 'frozen', 'tries', 'proofs', 'origin'];
  expect(idsOf(document)).toEqual(ids);
  expect([...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href'))).toEqual(
    ids.map((id) => `#${id}`),
  );
  // Two plots, each for a wide and a narrow page.
  expect(document.querySelectorAll('#steps figure svg')).toHaveLength(4);
  expect(document.querySelectorAll('#sensitivity figure svg')).toHaveLength(2);
  expect(document.querySelectorAll('#tries td svg')).toHaveLength(3);
  expect(document.querySelectorAll('#graph .graph a')).toHaveLength(3);
  for (const link of document.querySelectorAll('#graph a')) {
    expect(document.querySelector(link.getAttribute('href')!)?.tagName).toBe('TR');
  }
});

it('needs nothing else: no script, no request', () => {
  const { text, document } = draw(source);
  expect(document.querySelectorAll('script, link, img, iframe, object, embed, base, form')).toHaveLength(0);
  expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
    /https?:|\/\/[a-z]|@import|\bon[a-z]+=/i,
  );
  for (const use of text.matchAll(/url\((.*?)\)/g)) expect(use[1]).toMatch(/^#/);
});

it('takes names for text', () => {
  const name = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;';
  const hostile = layerOf(name, 8, 4, [name]);
  const { document } = draw({
    record: { about: { command: name, machine: { cpu: name } }, settings: { [name]: name } },
    journal: [
      { type: 'search.step', step: stepOf(0, 1e7, judged(0.9, { metric: name })) },
      {
        type: 'search.step',
        step: { ...stepOf(1, 8e6, judged(0.9)), groups: [{ root: name, channels: 2, removed: [1] }] },
      },
      {
        ...{ type: 'search.sensitivity', iteration: 1, probes: 1 },
        sensitivity: {
          ...{ metric: name, higherIsBetter: true, samples: 1, baseline: { value: 1, macs: 1, params: 1 } },
          groups: [{ root: name, part: 0, channels: 2, age: 0, points: [] }],
        },
      },
    ],
    facts: {
      ...facts,
      ...{ layers: [hostile], remarks: [name], next: name, model: { path: `/m/${name}`, sha256: name } },
      frozen: [{ members: [name], channels: 1, because: name }],
    },
  });
  expect(document.querySelectorAll('script, img')).toHaveLength(0);
  expect(document.querySelector('#widths tbody .name')?.textContent).toBe(name);
  expect(document.querySelector('#graph title')?.textContent).toContain(name);
  expect(document.querySelector('#sensitivity b')?.textContent).toBe(name);
});

it('is a page where nothing was cut, or nothing is known', () => {
  const uncut = draw({ journal: journal.slice(0, 1), facts: { ...facts, layers: [], frozen: [] } });
  expect(uncut.document.querySelector('h1')?.textContent).toBe('Nothing was cut');
  expect(idsOf(uncut.document)).toEqual(['steps', 'classes', 'origin']);
  const empty = draw({ journal: [] });
  expect(idsOf(empty.document)).toEqual(['origin']);
  expect(empty.text).not.toMatch(/NaN|undefined|Infinity/);
});

it('has no broken number where intervals or the metric are missing', () => {
  const blind = { interval: null, groups: [] };
  const { text } = draw({
    journal: [
      { type: 'search.step', step: stepOf(0, 1e7, judged(0.9, blind)) },
      { type: 'search.step', step: stepOf(1, 8e6, judged(0.9, blind)) },
    ],
  });
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

it('folds hundreds of groups and layers, and says so', () => {
  const names = Array.from({ length: 300 }, (_, i) => `conv${i}`);
  const { document } = draw({
    journal: [
      ...journal.slice(0, 1),
      {
        ...{ type: 'search.sensitivity', iteration: 0, probes: 300 },
        sensitivity: {
          ...{ metric: 'top1', higherIsBetter: true, samples: 1, baseline: { value: 1, macs: 1, params: 1 } },
          groups: names.map((root) => ({ root, part: 0, channels: 2, age: 0, points: [] })),
        },
      },
    ],
    facts: { ...facts, layers: names.map((name, i) => layerOf(name, 8, 4, i < 299 ? [names[i + 1]!] : [])) },
  });
  expect(document.querySelectorAll('#sensitivity figure')).toHaveLength(120);
  expect(document.querySelector('#sensitivity .lead')?.textContent).toContain(
    'Of 300 groups the 120 most sensitive are drawn; the table has all.',
  );
  expect(document.querySelectorAll('#sensitivity tbody tr')).toHaveLength(300);
  expect(document.querySelectorAll('#graph .graph a')).toHaveLength(1);
  expect(document.querySelector('#graph .lead')?.textContent).toContain('1 bars for 300 layers');
  expect(document.querySelectorAll('#widths tbody tr')).toHaveLength(300);
});
