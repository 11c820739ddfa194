import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Sample } from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CIFAR10_RECORD_BYTES, openCifar10 } from './cifar10.ts';
import { readAll } from './read-all.case.ts';
import { openRecords, parseRecordShape } from './records.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-records-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Records whose label is their position modulo `classes` and whose pixels all are the position modulo 256. */
function makeRecords(count: number, pixels: number, classes: number): Uint8Array {
  const bytes = new Uint8Array(count * (1 + pixels));
  for (let i = 0; i < count; i++) {
    bytes.fill(i, i * (1 + pixels), (i + 1) * (1 + pixels));
    bytes[i * (1 + pixels)] = i % classes;
  }
  return bytes;
}

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

function expectRecord(sample: Sample, position: number, classes: number): void {
  expect(sample.id).toBe(String(position));
  expect(sample.target).toEqual({ kind: 'class', index: position % classes });
  if (sample.input.kind !== 'image') throw new Error('expected an image');
  const { data } = sample.input.image;
  expect([data[0], data.at(-1)]).toEqual([position % 256, position % 256]);
}

describe.each(['plain', 'gz'])('openRecords, %s', (form) => {
  const writeRecords = (name: string, bytes: Uint8Array) =>
    form === 'gz' ? write(`${name}.gz`, gzipSync(bytes)) : write(name, bytes);

  it('reads every record, over the borders of its chunks', async () => {
    // 4097 bytes a record: 1 MiB holds 255 of them.
    const path = await writeRecords('many.bin', makeRecords(600, 4096, 7));
    const dataset = await openRecords(path, { shape: [1, 64, 64] });
    expect(dataset).toMatchObject({ size: 600, kind: 'records' });
    const samples = await readAll(dataset);
    expect(samples).toHaveLength(600);
    for (const [position, sample] of samples.entries()) expectRecord(sample, position, 7);
    expect(samples[0]!.input).toMatchObject({ image: { width: 64, height: 64, channels: 1, order: 'chw' } });
  });

  it('takes a limit from the whole file, the same each time', async () => {
    const path = await writeRecords('limit.bin', makeRecords(1000, 768, 10));
    const dataset = await openRecords(path, { shape: [3, 16, 16] });
    const samples = await readAll(dataset, { limit: 50 });
    expect(samples).toHaveLength(50);
    for (const sample of samples) expectRecord(sample, Number(sample.id), 10);
    expect(new Set(samples.map((s) => s.target.kind === 'class' && s.target.index)).size).toBe(10);
    expect(await readAll(dataset, { limit: 50 })).toEqual(samples);
  });

  it('guesses the only usual shape that fits, and says so', async () => {
    const dataset = await openRecords(await writeRecords('guess.bin', makeRecords(11, 4096, 2)));
    expect(dataset.description).toBe(
      '11 labelled images 1x64x64 in records, the only usual shape that divides its size',
    );
  });

  it('does not guess between two shapes', async () => {
    const path = await writeRecords('both.bin', new Uint8Array(257 * 785));
    await expect(openRecords(path)).rejects.toMatchObject({
      kind: 'data',
      code: 'data.unknown-record-shape',
      message: expect.stringContaining('1x16x16 or 1x28x28'),
      hint: expect.stringContaining('--record-shape'),
    });
  });

  it('refuses a size that is no whole number of records, and an empty file', async () => {
    const broken = await writeRecords('broken.bin', new Uint8Array(3 * 4097 - 1));
    const refusal = { code: 'data.bad-record-size', message: expect.stringContaining('4097-byte records') };
    await expect(openRecords(broken, { shape: [1, 64, 64] })).rejects.toMatchObject(refusal);
    const empty = await writeRecords('empty.bin', new Uint8Array(0));
    await expect(openRecords(empty, { shape: [1, 64, 64] })).rejects.toMatchObject(refusal);
  });

  it('stops when asked to', async () => {
    const dataset = await openRecords(await writeRecords('stop.bin', makeRecords(4, 256, 2)), {
      shape: [1, 16, 16],
    });
    await expect(readAll(dataset, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});

describe('openRecords', () => {
  it('refuses a truncated archive', async () => {
    const whole = gzipSync(makeRecords(9, 256, 3));
    const path = await write('cut.bin.gz', whole.subarray(0, whole.length - 12));
    await expect(openRecords(path, { shape: [1, 16, 16] })).rejects.toMatchObject({
      kind: 'data',
      code: 'data.corrupt-archive',
    });
  });

  it('names a file that is missing', async () => {
    const missing = { kind: 'data', code: 'data.missing', message: expect.stringContaining('absent.bin') };
    await expect(openRecords(join(folder, 'absent.bin'))).rejects.toMatchObject(missing);
    await expect(openRecords(join(folder, 'absent.bin.gz'))).rejects.toMatchObject(missing);
  });
});

describe('openCifar10', () => {
  it('knows the classes and refuses a label beyond them', async () => {
    const good = await openCifar10(await write('good.bin', makeRecords(20, CIFAR10_RECORD_BYTES - 1, 10)));
    expect(good).toMatchObject({ kind: 'cifar10', size: 20 });
    expect(good.classNames).toHaveLength(10);
    expect(await readAll(good)).toHaveLength(20);

    const bad = await openCifar10(await write('bad.bin', makeRecords(20, CIFAR10_RECORD_BYTES - 1, 12)));
    await expect(readAll(bad)).rejects.toMatchObject({
      code: 'data.label-out-of-range',
      message: 'The label 10 of record 10 is not one of the 10 classes 0 to 9.',
    });
  });
});

describe('parseRecordShape', () => {
  it.each([
    ['1x64x64', [1, 64, 64]],
    ['3x32x48', [3, 32, 48]],
    ['64x64', undefined],
    ['0x4x4', undefined],
    ['1x64x64x', undefined],
  ])('%s', (text, shape) => {
    expect(parseRecordShape(text)).toEqual(shape);
  });
});
