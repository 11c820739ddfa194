import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { facts, journal, source } from '../../../report/src/page/small-run.case.ts';
import { drawRunPages, readRunPage } from './run-pages.ts';

let folder: string;
const write = (name: string, content: unknown) => writeFile(join(folder, name), JSON.stringify(content));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-pages-'));
  await write('run.json', { schema: 'espalier/run@1', ...source.record });
  await writeFile(
    join(folder, 'events.jsonl'),
    journal.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
  );
  return () => rm(folder, { recursive: true });
});

it('draws both pages from what lies in a folder', async () => {
  await write('report.json', facts);
  const { html, markdown } = await drawRunPages(folder);
  const headline = '60.0 % of the MACs, 1.60x as fast, top1 −0.4 points';
  expect(html).toContain(`<h1>${headline}</h1>`);
  expect(html).toContain('<section id="graph">');
  expect(markdown).toContain(`# net.onnx: ${headline}`);
});

it('draws the journal alone, as a killed run leaves it', async () => {
  const page = await readRunPage(folder);
  expect(page).toMatchObject({ title: 'Run', layers: [] });
  expect(page.steps).toHaveLength(3);
  expect((await drawRunPages(folder)).html).toContain('<h1>60.0 % of the MACs, top1 −0.4 points</h1>');
});

it.each(['{"schema":', '{"schema":"espalier/report@0"}', 'null'])(
  'refuses a report.json of %s',
  async (text) => {
    await writeFile(join(folder, 'report.json'), text);
    await expect(readRunPage(folder)).rejects.toMatchObject({ kind: 'io', code: 'run.damaged' });
  },
);

it('says that there is no run', async () => {
  await rm(join(folder, 'run.json'));
  await expect(drawRunPages(folder)).rejects.toMatchObject({ kind: 'io', code: 'run.missing' });
});
