// The main job on every architecture and every shared model: score, choose, cut, prove. What cannot be reached says which nodes stop it, and
// docs/coverage.md tells the outcome of each.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeVerification } from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { afterAll, describe, expect, it } from 'vitest';
import { type CoverageRow, coverModel, TARGET } from './coverage/cover-model.ts';
import { renderPage, renderRow } from './coverage/coverage-page.ts';
import { architectures } from './fixtures/architectures/index.ts';
import { lightModels, sharedModelsMissing, trainedModels } from './fixtures/shared-models.ts';

const engine = createOrtEngine();
const pagePath = fileURLToPath(new URL('../docs/coverage.md', import.meta.url));
const update = process.env.ESPALIER_UPDATE === '1';
const page = existsSync(pagePath) ? readFileSync(pagePath, 'utf8').split('\n') : [];

/** Models that cannot reach the target, and the operator that stops each. */
const unreachable: Readonly<Record<string, string>> = { 'googlenet-lrn': 'LRN' };
/** Models with values that random inputs leave zero or constant: the text detector sees no text in noise. */
const silent: readonly string[] = ['ppocr-det'];
/** Models of which too little is left without all their branches to tell anything. */
const mute: readonly string[] = ['resnet-cbam', 'squeezenet'];
/** Widths are whole channels: small networks come as near as one channel allows. */
const tolerance = (convolutions: number): number => (convolutions > 8 ? 0.01 : 0.02);

function check(row: CoverageRow): void {
  const stopper = unreachable[row.name];
  if (stopper !== undefined) {
    expect(row.unreachable).toContain(stopper);
    expect(row.least).toBeGreaterThan(TARGET);
  } else {
    expect(row.unreachable).toBeUndefined();
    expect(Math.abs(row.kept! - TARGET)).toBeLessThanOrEqual(tolerance(row.convolutions));
    expect(row.proof?.verdict, describeVerification(row.proof!).join('\n')).not.toBe('failed');
    if (silent.includes(row.name)) expect(row.proof?.unproven).not.toEqual([]);
    else expect(row.proof?.verdict).toBe('proven');
  }
  if (row.branches) {
    const { proof, foretold, found } = row.branches;
    expect(proof.verdict, describeVerification(proof).join('\n')).not.toBe('failed');
    if (![...silent, ...mute].includes(row.name)) expect(proof.verdict).toBe('proven');
    expect(found.macs).toBe(foretold.macs);
  }
  if (!update)
    expect(page, 'docs/coverage.md is not current: run with ESPALIER_UPDATE=1').toContain(renderRow(row));
}

const sections = [
  { title: 'Generated architectures', rows: [] as CoverageRow[] },
  { title: 'Trained models', rows: [] as CoverageRow[] },
  { title: 'Real topologies with random weights', rows: [] as CoverageRow[] },
] as const;

describe('generated architectures', () => {
  it.each(architectures)('$name', async ({ name, build }) => {
    const row = await coverModel(name, build(), engine);
    sections[0].rows.push(row);
    check(row);
  });
});

for (const [section, models] of [
  [sections[1], trainedModels],
  [sections[2], lightModels],
] as const) {
  describe(section.title, () => {
    if (sharedModelsMissing) it.skip(`not here: ${sharedModelsMissing}`);
    for (const { name, load, inputShapes } of models) {
      it(name, { timeout: 120_000 }, async () => {
        const row = await coverModel(name, await load(), engine, inputShapes && { inputShapes });
        section.rows.push(row);
        check(row);
      });
    }
  });
}

describe('docs/coverage.md', () => {
  it('lists no model that is not tested', () => {
    const known = new Set([...architectures, ...trainedModels, ...lightModels].map(({ name }) => name));
    const listed = page.filter((line) => line.startsWith('| ')).map((line) => line.split(' | ')[0]!.slice(2));
    const unknown = listed.filter((name) => name !== 'model' && !known.has(name));
    // Without the shared models, rows of theirs cannot be told from rows that are left over.
    if (!sharedModelsMissing && !update) expect(unknown).toEqual([]);
    expect(listed).toEqual(expect.arrayContaining(update ? [] : architectures.map(({ name }) => name)));
  });
});

afterAll(() => {
  if (update && !sharedModelsMissing) writeFileSync(pagePath, renderPage(sections));
});
