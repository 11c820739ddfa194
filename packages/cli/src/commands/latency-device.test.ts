import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LatencyTable } from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTerminal } from '../output/terminal.ts';
import { openKnownDevice, parseLatencyTarget, settleRoundTo } from './latency-device.ts';

describe('parseLatencyTarget', () => {
  it.each([
    ['12ms', { ms: 12 }],
    ['0.5 ms', { ms: 0.5 }],
    ['1.5s', { ms: 1500 }],
    ['.5', { fraction: 0.5 }],
    [0.5, { fraction: 0.5 }],
    [' 0.25 ', { fraction: 0.25 }],
  ])('reads %j', (text, target) => {
    expect(parseLatencyTarget(text)).toEqual(target);
  });

  it.each(['1', 2, '0', '0ms', '-3ms', '1.2.3ms', '50%', '12 minutes', 'fast', ''])('refuses %j', (text) => {
    expect(() => parseLatencyTarget(text)).toThrow(
      expect.objectContaining({
        ...{ kind: 'usage', code: 'latency.bad-target' },
        message: `The latency '${text}' is neither a time nor a fraction.`,
      }),
    );
  });
});

describe('the device that options name', () => {
  const engine = createOrtEngine();
  const step = (size: number) => ({ step: size, unit: 1, penalty: 1 });
  const table: LatencyTable = { stairs: { inputs: step(8), outputs: step(16) }, units: {} };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'espalier-known-device-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const optionsAt = (name: string, threads = 1) => ({
    ...{ provider: 'cpu', threads, latencyTable: join(folder, name) },
  });

  it('is known again by the table that it wrote', async () => {
    const first = await openKnownDevice(optionsAt('a.json'), engine);
    expect(first.table).toBeUndefined();
    await first.save(table);
    const second = await openKnownDevice(optionsAt('a.json'), engine);
    expect(second.table).toEqual(table);
    expect(second.device.description).toMatchObject({ provider: 'cpu', threads: 1 });
    await expect(openKnownDevice(optionsAt('a.json', 2), engine)).rejects.toMatchObject({
      code: 'latency.other-device',
    });
  });

  it('says what widths are multiples of: what the user said, else the coarser of its steps', async () => {
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) };
    const terminal = createTerminal({
      ...{ stdout: stream, stderr: stream, environment: {}, quiet: false, now: () => 0 },
    });
    const { signal } = new AbortController();
    await (await openKnownDevice(optionsAt('b.json'), engine)).save(table);
    const before = await readFile(join(folder, 'b.json'), 'utf8');
    const settle = (roundTo: number | 'auto', name: string) =>
      settleRoundTo({ ...optionsAt(name), roundTo }, engine, { terminal, signal });
    expect(await settle('auto', 'b.json')).toBe(16);
    expect(await readFile(join(folder, 'b.json'), 'utf8')).toBe(before);
    expect(lines).toEqual([]);
    await writeFile(join(folder, 'bad.json'), '{}');
    expect(await settle(4, 'bad.json')).toBe(4);
    await expect(settle('auto', 'bad.json')).rejects.toMatchObject({ code: 'latency.bad-table' });
  });
});
