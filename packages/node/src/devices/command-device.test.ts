import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandDeviceOptions, createCommandDevice } from './command-device.ts';
import { type DeviceModel, timeOnDevice } from './device.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-commands-'));
});
afterAll(() => rm(folder, { recursive: true }));

const models: readonly DeviceModel[] = [
  { name: 'three', bytes: Uint8Array.of(1, 2, 3) },
  { name: 'five', bytes: Uint8Array.of(1, 2, 3, 4, 5) },
];

/** A shell line that runs a script of these lines, which finds the model's path in `path`. */
async function script(name: string, code: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  const head =
    "import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';\nconst path = process.argv[2];\n";
  await writeFile(file, head + code);
  return `"${process.execPath}" "${file}" {model}`;
}

const time = (options: CommandDeviceOptions, rounds = 2) =>
  timeOnDevice(createCommandDevice(options), models, { warmup: 0, minRounds: rounds, minSeconds: 0 });

describe('createCommandDevice', () => {
  it('gives the command each model in turn, starting with the next each round, and removes its files', async () => {
    const log = join(folder, 'log');
    const command = await script(
      'size',
      `const size = readFileSync(path).length; appendFileSync(${JSON.stringify(log)}, path + ' ' + size + '\\n'); console.log(size + ' ms');`,
    );
    const { device, times, warnings } = await time({ command });
    expect(times).toEqual([
      { name: 'three', rounds: [[3], [3]] },
      { name: 'five', rounds: [[5], [5]] },
    ]);
    expect(warnings).toEqual([]);
    expect(device).toMatchObject({ runtime: 'command', provider: command });
    const calls = (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(calls.map(([, size]) => size).join('')).toBe('3553');
    for (const [path] of calls) expect(existsSync(path!)).toBe(false);
  });

  it('is called what its first words are, and told apart by its command', () => {
    const one = createCommandDevice({ command: 'ssh board trtexec --onnx={model}' }).description;
    const other = createCommandDevice({ command: 'ssh board trtexec --fp16 --onnx={model}' }).description;
    expect(one.name).toBe('ssh board trtexec');
    expect(one.fingerprint).not.toBe(other.fingerprint);
    expect(createCommandDevice({ command: 'x {model}', name: 'board' }).description.name).toBe('board');
  });

  it('reads what a pattern says, also from stderr', async () => {
    const command = await script('pattern', "console.error('median = 4.5 ms, p99 = 9 ms');");
    expect((await time({ command, pattern: 'median = ([0-9.]+)' }, 1)).times[0]!.rounds).toEqual([[4.5]]);
  });

  it.each([
    ['device.no-placeholder', { command: 'trtexec --onnx=model.onnx' }],
    ['device.bad-pattern', { command: 'x {model}', pattern: 'median = (' }],
    ['device.bad-pattern', { command: 'x {model}', pattern: 'median = 4' }],
    ['device.bad-pattern', { command: 'x {model}', pattern: '(a)(b)' }],
  ])('refuses with %s', (code, options) => {
    expect(() => createCommandDevice(options)).toThrowError(expect.objectContaining({ kind: 'usage', code }));
  });

  it.each([
    [
      'device.command-failed',
      "console.error('no such board'); process.exit(3);",
      /exit code 3: no such board/,
    ],
    ['device.no-milliseconds', "console.log('done')", /ended with: done/],
    ['device.no-milliseconds', '', /printed nothing/],
  ])('says what the command did: %s', async (code, body, message) => {
    const command = await script('fails', body);
    await expect(time({ command })).rejects.toMatchObject({
      kind: 'engine',
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  it('stops a command that takes too long, and what it started', async () => {
    const alive = join(folder, 'alive');
    const command = await script(
      'hangs',
      `setInterval(() => writeFileSync(${JSON.stringify(alive)}, String(process.pid)), 5);`,
    );
    await expect(time({ command: `echo && ${command}`, timeoutSeconds: 3 })).rejects.toMatchObject({
      code: 'device.command-timeout',
    });
    await rm(alive);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(alive)).toBe(false);
  });

  it('stops at an interruption and leaves no file behind', async () => {
    const command = await script('waits', 'setInterval(() => {}, 1000);');
    const controller = new AbortController();
    const files = async () =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('espalier-command-'));
    const before = await files();
    const outcome = timeOnDevice(createCommandDevice({ command }), models, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(outcome).rejects.toMatchObject({ code: 'interrupted' });
    expect(await files()).toEqual(before);
  });
});
