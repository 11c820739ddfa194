import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../options/resolve-options.ts';
import { createTerminal } from '../output/terminal.ts';
import type { CommandContext } from './command.ts';
import { openElsewhere } from './elsewhere.ts';

const silent = { write: () => {} };

/** `bench` with these flags, as the command line makes it. */
function bench(flags: Parameters<typeof resolveOptions>[1]): CommandContext<'bench'> {
  const { values: options, sources } = resolveOptions('bench', flags, {}, undefined);
  const streams = { stdout: silent, stderr: silent, environment: {}, quiet: true, now: () => 0 };
  const { signal } = new AbortController();
  return { arguments: [], options, sources, config: undefined, terminal: createTerminal(streams), signal };
}

describe('openElsewhere', () => {
  it('is not needed on this machine', async () => {
    expect(await openElsewhere(bench({ threads: '1' }))).toBeUndefined();
  });

  it('makes a device of a command', async () => {
    const place = await openElsewhere(bench({ benchCommand: 'time-it {model}' }));
    expect((await place!.device()).description).toMatchObject({ name: 'time-it', runtime: 'command' });
  });

  it.each([
    ['bench.two-places', { benchCommand: 'x {model}', on: 'browser' }],
    ['bench.profile-elsewhere', { benchCommand: 'x {model}', profile: true }],
    ['device.no-placeholder', { benchCommand: 'x model.onnx' }],
    ['device.bad-pattern', { benchCommand: 'x {model}', benchPattern: 'median' }],
    ['device.no-certificate', { on: 'browser', cert: 'nowhere.pem' }],
    ['device.no-certificate', { on: 'browser', cert: 'nowhere.pem', certKey: 'nowhere.pem' }],
  ])('refuses with %s', async (code, flags) => {
    const outcome = openElsewhere(bench(flags));
    await expect(outcome).rejects.toMatchObject({ kind: 'usage', code, hint: expect.any(String) });
  });
});
