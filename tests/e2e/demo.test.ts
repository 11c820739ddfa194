// The embedded demo: its pictures and its network are the same on every run, and `npm run demo` does the whole job.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRandom, type Sample } from '@espalier/core';
import { createOrtEngine, openDataset } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import {
  CLASS_NAMES,
  drawPicture,
  drawPictures,
  KIND_COUNT,
  packRecords,
  SPLITS,
  SURFACE_KIND,
} from '../../examples/demo/dataset.mjs';
import { buildModel } from '../../examples/demo/model.mjs';
import { fitSparseRidge } from '../../examples/demo/ridge.mjs';
import { openWorkplace } from './run-cli.ts';

const script = fileURLToPath(new URL('../../examples/demo/run.mjs', import.meta.url));

describe('pictures', () => {
  it('are the same on every machine', () => {
    const records = packRecords(drawPictures({ first: 0, count: 40 }));
    const hash = createHash('sha256').update(records).digest('hex');
    expect(hash).toBe('abe1ac1e6b290b368e3d8064e7e6d8447016dd23b8b15005390be317c2c29a0c');
  });

  it('depend on their number only, and are all different', () => {
    const pictures = drawPictures({ first: 100, count: 20 });
    expect(drawPicture(117)).toEqual(pictures[17]);
    expect(new Set(pictures.map(({ pixels }) => pixels.join())).size).toBe(20);
  });

  it('hold every class once in four', () => {
    const labels = drawPictures({ first: SPLITS.test.first, count: 80 }).map(({ label }) => label);
    for (let at = 0; at < labels.length; at += 4) {
      expect(labels.slice(at, at + 4).sort()).toEqual([0, 1, 2, 3]);
    }
  });

  it('have marks where there is a defect, and none on good parts', () => {
    for (const { label, kinds } of drawPictures({ first: 0, count: 80 })) {
      expect(Math.max(...kinds)).toBeLessThan(KIND_COUNT);
      expect(kinds.some((kind) => kind < SURFACE_KIND)).toBe(CLASS_NAMES[label] !== 'good');
    }
  });

  it('are read back by the reader of records', async () => {
    const place = await openWorkplace();
    try {
      const pictures = drawPictures({ first: 0, count: 3 });
      await place.write('pictures.bin', packRecords(pictures));
      const dataset = await openDataset(join(place.folder, 'pictures.bin'), { shape: [3, 64, 64] });
      const samples: Sample[] = [];
      for await (const sample of dataset.samples()) samples.push(sample);
      expect(samples.map(({ target }) => target)).toEqual(
        pictures.map(({ label }) => ({ kind: 'class', index: label })),
      );
      expect(samples.map(({ input }) => input.kind === 'image' && [...input.image.data])).toEqual(
        pictures.map(({ pixels }) => [...pixels]),
      );
    } finally {
      await place.close();
    }
  });
});

describe('fitSparseRidge', () => {
  it('finds the features that tell the classes apart and drops the others', () => {
    const random = createRandom(3);
    const labels = Array.from({ length: 301 }, () => random.integer(2));
    const features = Float32Array.from(
      labels.flatMap((label) => [5 + random.normal(), 3 * label + random.normal(), random.normal(), 7]),
    );
    const options = { width: 4, classCount: 2, strength: 0.01, kept: 0.25 };
    const { weights, offsets } = fitSparseRidge(features, labels, options);
    expect(weights[5]).toBeGreaterThan(0.1);
    for (const useless of [4, 6, 7]) expect(Math.abs(weights[useless]!)).toBeLessThan(1e-4);
    const hits = labels.filter((label, row) => {
      const [good = 0, bad = 0] = [0, 1].map((k) =>
        [0, 1, 2, 3].reduce((sum, i) => sum + weights[k * 4 + i]! * features[row * 4 + i]!, offsets[k]!),
      );
      return (bad > good ? 1 : 0) === label;
    });
    expect(hits.length / labels.length).toBeGreaterThan(0.9);
  });
});

describe('the network', () => {
  it('comes out the same twice', async () => {
    const pictures = drawPictures({ first: 0, count: 60 });
    const engine = createOrtEngine();
    const bytes = await buildModel(engine, pictures);
    expect(Buffer.compare(await buildModel(engine, pictures), bytes)).toBe(0);
  });
});

describe('npm run demo', () => {
  it('inspects, prunes, proves, evaluates and measures', { timeout: 240_000 }, async () => {
    const place = await openWorkplace();
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [script, place.folder]);
      const commands = [...stdout.matchAll(/^\$ npx espalier (\w+)/gm)].map(([, name]) => name);
      expect(commands).toEqual(['inspect', 'prune', 'verify', 'eval', 'eval', 'bench']);
      expect(stdout.match(/^proven: /gm)).toHaveLength(2);
      expect(stdout).toMatch(/^MACs .* (59|60|61)\.\d %$/m);
      const [before = 0, after = 0] = [...stdout.matchAll(/^top1 +(\S+)$/gm)].map(([, value]) =>
        Number(value),
      );
      expect(before).toBeGreaterThan(0.88);
      expect(after).toBeGreaterThan(0.75);
      const { length } = await readFile(join(place.folder, 'pruned.onnx'));
      expect(length).toBeLessThan((await readFile(join(place.folder, 'inspection.onnx'))).length);
    } finally {
      await place.close();
    }
  });

  it('fails when a command fails', async () => {
    // A folder where a file has to go.
    const place = await openWorkplace();
    try {
      await place.write('taken', '');
      const run = promisify(execFile)(process.execPath, [script, join(place.folder, 'taken')]);
      await expect(run).rejects.toMatchObject({ code: 1 });
    } finally {
      await place.close();
    }
  });
});
