// The embedded demo: its pictures are the same on every machine, its classifier is the network that `train.mjs` trains, and `npm run demo` does
// the whole job.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeModel, type Model, type Sample } from '@espalier/core';
import { openDataset } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { drawPicture, drawPictures, packRecords, SPLITS } from '../../examples/demo/dataset.mjs';
import { writeNetwork } from '../../examples/demo/network.mjs';
import { openWorkplace } from './run-cli.ts';

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../examples/demo/${name}`, import.meta.url));

/** Runs one of the demo's scripts and returns what it printed. */
async function runScript(name: string, ...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [fileOf(name), ...words])).stdout;
}

/** The commands that a script said it ran. */
function commandsIn(stdout: string): readonly (string | undefined)[] {
  return [...stdout.matchAll(/^\$ npx espalier (\w+)/gm)].map(([, name]) => name);
}

/** Everything about a network but its weights. */
function structureOf({ graph: { nodes, inputs, outputs, initializers } }: Model): unknown {
  return { nodes, inputs, outputs, weights: initializers.map(({ name, dims }) => ({ name, dims })) };
}

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

describe('the classifier', () => {
  it('is the network of network.mjs, in a small file', async () => {
    const bytes = await readFile(fileOf('inspection.onnx'));
    expect(bytes.length).toBeLessThan(600_000);
    expect(structureOf(decodeModel(bytes))).toEqual(structureOf(decodeModel(writeNetwork())));
  });

  it('can be made again', { timeout: 120_000 }, async () => {
    const place = await openWorkplace();
    try {
      const stdout = await runScript('train.mjs', place.folder, '200', '1');
      expect(commandsIn(stdout)).toEqual(['train', 'eval']);
      const model = decodeModel(await readFile(join(place.folder, 'inspection.onnx')));
      expect(structureOf(model)).toEqual(structureOf(decodeModel(writeNetwork())));
    } finally {
      await place.close();
    }
  });
});

describe('npm run demo', () => {
  it('cuts, proves, recovers and measures', { timeout: 240_000 }, async () => {
    const place = await openWorkplace();
    try {
      const stdout = await runScript('run.mjs', place.folder, '200');
      expect(commandsIn(stdout)).toEqual(
        'inspect eval prune verify eval reconstruct eval finetune eval bench'.split(' '),
      );
      expect(stdout.match(/^proven: /gm)).toHaveLength(2);
      expect(stdout).toMatch(/^MACs .* (49|50)\.\d %$/m);
      const [before = 0, cut = 0, reconstructed = 0, finetuned = 0] = readAccuracies(stdout);
      expect(before).toBeGreaterThan(93);
      expect(cut).toBeLessThan(before - 20);
      expect(reconstructed).toBeGreaterThan(cut + 20);
      expect(finetuned).toBeGreaterThan(before - 6);
      const { length } = await readFile(join(place.folder, 'recovered.onnx'));
      expect(length).toBeLessThan((await readFile(join(place.folder, 'inspection.onnx'))).length / 2);
    } finally {
      await place.close();
    }
  });

  it('fails when a command fails', async () => {
    // A folder where a file has to go.
    const place = await openWorkplace();
    try {
      await place.write('taken', '');
      await expect(runScript('run.mjs', join(place.folder, 'taken'))).rejects.toMatchObject({ code: 1 });
    } finally {
      await place.close();
    }
  });
});

/** The row of the last table, percent. */
function readAccuracies(stdout: string): readonly number[] {
  const row = /^top-1 {2}(.*)$/m.exec(stdout)?.[1] ?? '';
  return [...row.matchAll(/[\d.]+/g)].map(([number]) => Number(number));
}
