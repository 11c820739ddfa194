import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EspalierError } from '@espalier/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArrays } from './arrays.ts';
import { readAll } from './read-all.case.ts';
import { openZip } from './zip.ts';

// numpy 2.4.6: savez(file, inputs=arange(12, dtype='u1').reshape(2, 1, 2, 3), labels=array([1, 0], dtype='<i8')).
const STORED =
  'UEsDBC0AAAAAAAAAIQCfGsFF//////////8KABQAaW5wdXRzLm5weQEAEACMAAAAAAAAAIwAAAAAAAAAk05VTVBZAQB2AHsnZGVz' +
  'Y3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDEsIDIsIDMpLCB9ICAgICAgICAgICAgICAg' +
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQIDBAUGBwgJCgtQSwMELQAAAAAAAAAhAHH7Oav/////////' +
  '/woAFABsYWJlbHMubnB5AQAQAJAAAAAAAAAAkAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRl' +
  'cic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg' +
  'ICAgICAgICAgICAgCgEAAAAAAAAAAAAAAAAAAABQSwECLQMtAAAAAAAAACEAnxrBRYwAAACMAAAACgAAAAAAAAAAAAAAgAEAAAAA' +
  'aW5wdXRzLm5weVBLAQItAy0AAAAAAAAAIQBx+zmrkAAAAJAAAAAKAAAAAAAAAAAAAACAAcgAAABsYWJlbHMubnB5UEsFBgAAAAAC' +
  'AAIAcAAAAJQBAAAAAA==';

// The same by savez_compressed.
const COMPRESSED =
  'UEsDBC0AAAAIAAAAIQCfGsFF//////////8KABQAaW5wdXRzLm5weQEAEACMAAAAAAAAAFcAAAAAAAAAm+wX6hsQychQxlCtnpJa' +
  'nFykbqWgXlNqqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKhjoKQNJYU0ehVoEMwMXAyMTMwsrGzsHJxQ0AUEsD' +
  'BC0AAAAIAAAAIQBx+zmr//////////8KABQAbGFiZWxzLm5weQEAEACQAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFyk' +
  'bqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQALkYGVAAAUEsBAi0DLQAAAAgAAAAhAJ8awUVX' +
  'AAAAjAAAAAoAAAAAAAAAAAAAAIABAAAAAGlucHV0cy5ucHlQSwECLQMtAAAACAAAACEAcfs5q0gAAACQAAAACgAAAAAAAAAAAAAA' +
  'gAGTAAAAbGFiZWxzLm5weVBLBQYAAAAAAgACAHAAAAAXAQAAAAA=';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-arrays-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const npy = (descr: string, dims: readonly number[], elements: ArrayBufferView): Uint8Array => {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const start = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    header.length & 255,
    header.length >> 8,
  ]);
  const { buffer, byteOffset, byteLength } = elements;
  return Buffer.concat([start, Buffer.from(header), Buffer.from(buffer, byteOffset, byteLength)]);
};

describe('openArrays', () => {
  it.each([
    ['stored', STORED],
    ['compressed', COMPRESSED],
  ])('reads images and classes of an archive NumPy wrote, %s', async (name, text) => {
    const dataset = await openArrays(await write(`${name}.npz`, Buffer.from(text, 'base64')));
    expect(dataset).toMatchObject({ kind: 'arrays', size: 2 });
    expect(dataset.description).toContain('2 images [2,1,2,3] uint8 with class targets');
    expect(await readAll(dataset)).toEqual([
      {
        id: '0',
        input: {
          kind: 'image',
          image: { width: 2, height: 1, channels: 3, order: 'hwc', data: Uint8Array.of(0, 1, 2, 3, 4, 5) },
        },
        target: { kind: 'class', index: 1 },
      },
      {
        id: '1',
        input: {
          kind: 'image',
          image: { width: 2, height: 1, channels: 3, order: 'hwc', data: Uint8Array.of(6, 7, 8, 9, 10, 11) },
        },
        target: { kind: 'class', index: 0 },
      },
    ]);
  });

  it('feeds float arrays as they are, with labels from a second file', async () => {
    const inputs = await write('x.npy', npy('<f4', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)));
    const labels = await write('y.npy', npy('<f8', [2, 1], Float64Array.of(0.5, 1.5)));
    expect(await readAll(await openArrays(inputs, { labels }))).toEqual([
      {
        id: '0',
        input: { kind: 'array', array: { type: 'float32', dims: [3], data: Float32Array.of(1, 2, 3) } },
        target: { kind: 'array', array: { type: 'float64', dims: [1], data: Float64Array.of(0.5) } },
      },
      {
        id: '1',
        input: { kind: 'array', array: { type: 'float32', dims: [3], data: Float32Array.of(4, 5, 6) } },
        target: { kind: 'array', array: { type: 'float64', dims: [1], data: Float64Array.of(1.5) } },
      },
    ]);
  });

  it.each([
    [[5, 4, 3], { width: 3, height: 4, channels: 1, order: 'hwc' }],
    [[5, 4, 3, 1], { width: 3, height: 4, channels: 1, order: 'hwc' }],
    [[5, 3, 6, 7], { width: 7, height: 6, channels: 3, order: 'chw' }],
    [[5, 7, 6, 7], undefined],
    [[5, 7], undefined],
  ])('takes bytes of shape %j for the pictures they are', async (dims, shape) => {
    const count = dims.reduce((product, dim) => product * dim);
    const [sample] = await readAll(
      await openArrays(await write('shape.npy', npy('|u1', dims, new Uint8Array(count)))),
    );
    if (shape) expect(sample!.input).toMatchObject({ kind: 'image', image: shape });
    else expect(sample!.input.kind).toBe('array');
  });

  it('reads masks', async () => {
    const inputs = await write('x.npy', npy('<f4', [1, 2], Float32Array.of(1, 2)));
    const labels = await write('m.npy', npy('|u1', [1, 2, 3], Uint8Array.of(0, 1, 2, 3, 4, 5)));
    const [sample] = await readAll(await openArrays(inputs, { labels }));
    expect(sample!.target).toEqual({
      kind: 'mask',
      width: 3,
      height: 2,
      data: Uint8Array.of(0, 1, 2, 3, 4, 5),
    });
  });

  it('keeps every class under a limit', async () => {
    const inputs = await write('x.npy', npy('<f4', [40], new Float32Array(40)));
    const labels = await write(
      'y.npy',
      npy(
        '<i4',
        [40],
        Int32Array.from({ length: 40 }, (_, i) => (i === 17 ? 1 : 0)),
      ),
    );
    const chosen = await readAll(await openArrays(inputs, { labels }), { limit: 4 });
    expect(chosen).toHaveLength(4);
    expect(chosen.map(({ id }) => id)).toContain('17');
  });

  it('refuses counts that differ, labels out of range, and archives without inputs', async () => {
    const inputs = await write('x.npy', npy('<f4', [2], Float32Array.of(1, 2)));
    const three = await write('three.npy', npy('<i4', [3], Int32Array.of(0, 1, 2)));
    await expect(openArrays(inputs, { labels: three })).rejects.toMatchObject({
      kind: 'data',
      code: 'data.wrong-size',
      message: expect.stringContaining('inputs [2] and labels [3]'),
    });
    const negative = await write('negative.npy', npy('<i4', [2], Int32Array.of(0, -1)));
    await expect(openArrays(inputs, { labels: negative })).rejects.toMatchObject({
      code: 'data.label-out-of-range',
      message: expect.stringContaining('The label -1 of sample 1'),
    });
    const archive = Buffer.from(STORED, 'base64').toString('latin1').replaceAll('inputs.npy', 'others.npy');
    await expect(openArrays(await write('other.npz', Buffer.from(archive, 'latin1')))).rejects.toMatchObject({
      code: 'data.missing',
      message: expect.stringContaining('others.npy, labels.npy'),
    });
    await expect(openArrays(join(folder, 'absent.npz'))).rejects.toMatchObject({ code: 'data.missing' });
  });
});

describe('openZip', () => {
  const whole = Buffer.from(COMPRESSED, 'base64');

  it('refuses an archive that was cut off or altered', () => {
    expect(() => openZip(whole.subarray(0, whole.length - 30), 'a.npz')).toThrow(
      expect.objectContaining({ code: 'data.corrupt-archive', message: expect.stringContaining('cut off') }),
    );
    const altered = Buffer.from(STORED, 'base64');
    altered[altered.indexOf('NUMPY') + 20]! ^= 1;
    expect(() => openZip(altered, 'a.npz').unpack('inputs.npy')).toThrow(
      expect.objectContaining({ code: 'data.corrupt-archive', message: expect.stringContaining('checksum') }),
    );
  });

  it('throws nothing but our error on damaged archives', () => {
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    const edits = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(edits, (changes) => {
        const damaged = Buffer.from(whole);
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          const archive = openZip(damaged, 'a.npz');
          for (const name of archive.names) archive.unpack(name);
        } catch (error) {
          expect(error).toBeInstanceOf(EspalierError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
