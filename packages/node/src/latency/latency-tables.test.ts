import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDevice, type LatencyTable } from '@espalier/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultTablePath, readLatencyTable, writeLatencyTable } from './latency-tables.ts';

const facts = { name: 'board', runtime: 'law 1', provider: 'cpu', processor: 'Z80', os: 'cpm' };
const device = describeDevice(facts);
const stairs = { step: 8, unit: 4, penalty: 1.25 };
const table: LatencyTable = {
  stairs: { inputs: stairs, outputs: { ...stairs, step: 16 } },
  units: { 'Conv 3x3': [{ inputs: 16, outputs: 8, ms: 0.125 }], none: [] },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-tables-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a table', () => {
  it('is read as it was written, and replaces an older one whole', async () => {
    const path = join(folder, 'table.json');
    expect(await readLatencyTable(path, device)).toBeUndefined();
    await writeLatencyTable(path, device, { ...table, units: {} });
    await writeLatencyTable(path, device, table);
    expect(await readLatencyTable(path, device)).toEqual(table);
    expect(await readdir(folder)).toEqual(['table.json']);
  });

  it('serves the same device under another name, and no other one', async () => {
    const path = join(folder, 'table.json');
    await writeLatencyTable(path, device, table);
    expect(await readLatencyTable(path, describeDevice({ ...facts, name: 'the same' }))).toEqual(table);
    const other = describeDevice({ ...facts, threads: 2 });
    await expect(readLatencyTable(path, other)).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'latency.other-device' },
      message: expect.stringContaining('board, law 1 on Z80'),
    });
  });

  const file = { schema: 'espalier/latency-table@1', device, table };
  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another document', JSON.stringify({ schema: 'espalier/plan@1' })],
    ['another version', JSON.stringify({ ...file, schema: 'espalier/latency-table@0' })],
    ['nobody’s', JSON.stringify({ ...file, device: undefined })],
    ['without stairs', JSON.stringify({ ...file, table: { units: {} } })],
    [
      'with half a step',
      JSON.stringify({ ...file, table: { ...table, stairs: { inputs: stairs, outputs: {} } } }),
    ],
    ['without units', JSON.stringify({ ...file, table: { stairs: table.stairs } })],
    [
      'with words for times',
      JSON.stringify({ ...file, table: { ...table, units: { a: [{ ms: 'long' }] } } }),
    ],
    [
      'with no time',
      JSON.stringify({ ...file, table: { ...table, units: { a: [{ inputs: 1, outputs: 1, ms: 0 }] } } }),
    ],
  ])('is refused when it is %s', async (_, text) => {
    const path = join(folder, 'table.json');
    await writeFile(path, text);
    await expect(readLatencyTable(path, device)).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'latency.bad-table' },
      message: expect.stringContaining(path),
    });
  });

  it('cannot be read from a folder', async () => {
    await expect(readLatencyTable(folder, device)).rejects.toMatchObject({ code: 'io.read-failed' });
  });
});

it('lies in the cache folder by the fingerprint of the device', async () => {
  vi.stubEnv('XDG_CACHE_HOME', folder);
  expect(await defaultTablePath(device)).toBe(join(folder, 'espalier', `latency-${device.fingerprint}.json`));
  vi.unstubAllEnvs();
});
