import { type JoinedHost, joinServer } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { type DevicesContext, isWanted, openDevices, placementOf } from './open-devices.ts';

interface Talk {
  readonly context: DevicesContext;
  readonly warnings: readonly string[];
}

/** What `--devices` and its companions say; `onLog` sees what the terminal is told. */
function asked(options: Partial<DevicesContext['options']>, onLog: (line: string) => void = () => {}): Talk {
  const warnings: string[] = [];
  const context: DevicesContext = {
    options: {
      ...{ devices: [], benchCommand: undefined, benchPattern: undefined, benchTimeout: 600 },
      ...{ host: '127.0.0.1', port: 0, token: undefined, https: false, cert: undefined, certKey: undefined },
      ...{ provider: 'cpu', threads: undefined },
      ...options,
    },
    sources: {},
    terminal: { log: onLog, progress: () => {}, warn: (text) => warnings.push(text) },
    signal: new AbortController().signal,
  };
  return { context, warnings };
}

async function namesOf({ context }: Talk): Promise<readonly string[]> {
  const open = await openDevices(context);
  try {
    return (await open.devices()).map(({ description }) => description.name);
  } finally {
    await open.close();
  }
}

describe('openDevices', () => {
  it.each([
    [{}, ['this machine']],
    [{ devices: ['Local'] }, ['this machine']],
    [{ benchCommand: 'time-it {model}' }, ['time-it']],
    [{ devices: ['local'], benchCommand: 'time-it {model}' }, ['this machine', 'time-it']],
  ])('%j are %j', async (options, names) => {
    expect(await namesOf(asked(options))).toEqual(names);
  });

  it.each([
    [{ devices: ['local, Local'] }, 'device.twice'],
    [{ devices: ['browser', 'local,browser'] }, 'device.twice'],
    [{ devices: ['local'], benchCommand: 'time-it' }, 'device.no-placeholder'],
  ])('refuses %j with %s', async (options, code) => {
    await expect(openDevices(asked(options).context)).rejects.toMatchObject({ kind: 'usage', code });
  });

  it('gives every name a host of its own through one server, however they joined, and says which are alike', async () => {
    const leave = new AbortController();
    const join = async (url: string, name: string): Promise<void> => {
      for await (const _ of joinServer({ url, name, tries: 1, signal: leave.signal }));
    };
    let addresses = 0;
    const talk = asked({ devices: ['worker,local', 'board'], threads: 1 }, (line) => {
      const url = /http:\S+#\S+/.exec(line)?.[0];
      if (url === undefined) return;
      addresses++;
      for (const name of ['Board', 'spare']) join(url, name).catch(() => {});
    });
    expect(await namesOf(talk)).toEqual(['spare', 'this machine', 'Board']);
    leave.abort();
    expect(addresses).toBe(1);
    // Workers of this machine are this machine.
    expect(talk.warnings).toHaveLength(2);
    expect(talk.warnings[0]).toMatch(/^this machine and spare differ in nothing/);
  });
});

it('placementOf leaves to a device what nobody asked for', () => {
  expect(
    placementOf({ options: { provider: 'cpu', threads: undefined }, sources: { provider: 'default' } }),
  ).toEqual({});
  expect(placementOf({ options: { provider: 'cpu', threads: 2 }, sources: { provider: 'flag' } })).toEqual({
    provider: 'cpu',
    threads: 2,
  });
});

it.each([
  ['browser', true, false],
  ['Worker', false, true],
  ['chrome', true, false],
  ['Chrome on Pixel', true, false],
  ['board', false, true],
  ['pixel', true, false],
  ['iPhone', false, false],
])('--on %s means the browser: %s, the worker: %s', (on, browser, worker) => {
  const facts = { runtime: '', providers: [], processor: '', os: '' };
  const page: JoinedHost = { id: '1', facts: { ...facts, kind: 'browser', name: 'Chrome on Pixel 9' } };
  const machine: JoinedHost = { id: '2', facts: { ...facts, kind: 'machine', name: 'board' } };
  expect([isWanted(page, on), isWanted(machine, on)]).toEqual([browser, worker]);
});
