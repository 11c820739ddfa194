import { buildUnitModel, encodeModel, stairSpecimen } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { timeSessions } from '../devices/device.ts';
import { lawfulDevice } from './lawful-device.case.ts';
import { timeSpecimens } from './time-specimens.ts';

const tasks = [40, 41, 48, 49, 56, 57, 64, 65, 72, 73].map((width) => stairSpecimen('outputs', width));

async function collect(device = lawfulDevice()) {
  const timing = timeSpecimens(device, tasks);
  const told: number[] = [];
  let next = await timing.next();
  for (; !next.done; next = await timing.next()) told.push(next.value);
  return { told, times: next.value };
}

describe('timeSpecimens', () => {
  it('tells a unit from what calling a model takes', async () => {
    const device = lawfulDevice();
    const { times } = await collect(device);
    const call = device.timeOf(buildUnitModel(tasks[0]!.specimen, 0));
    for (const [at, { specimen }] of tasks.entries()) {
      const wanted = device.timeOf(buildUnitModel(specimen, 1)) - call;
      expect(Math.abs(times[at]! / wanted - 1)).toBeLessThan(0.04);
    }
  });

  it('sends eight units at a time, each once and several times over', async () => {
    const device = lawfulDevice();
    const { told } = await collect(device);
    expect(told).toEqual([8, 10]);
    expect(device.sent).toHaveLength(20);
    expect(device.sent.slice(0, 2)).toEqual(['0 x1', '0 x4']);
  });

  it('stays above zero where noise makes many copies faster than one', async () => {
    const { times } = await collect(lawfulDevice({ factorOf: (name) => (name.endsWith('x1') ? 10 : 1) }));
    for (const ms of times) expect(ms).toBeGreaterThan(0);
  });

  it('calls a device that starts anew each time no more often than it must', async () => {
    const asked: unknown[] = [];
    const lawful = lawfulDevice();
    const device = {
      ...lawful,
      startsAnew: true,
      time: (...[models, options]: Parameters<typeof lawful.time>) => {
        asked.push(options);
        return lawful.time(models, options);
      },
    };
    await collect(device);
    expect(asked).toEqual(Array(2).fill({ warmup: 0, minRounds: 2, minSeconds: 0 }));
  });
});

it('timeSessions takes one session of a device that starts anew, else as many as it is told', async () => {
  const model = { name: 'a', bytes: encodeModel(buildUnitModel(tasks[0]!.specimen, 1)) };
  const sent = async (startsAnew: boolean): Promise<readonly string[]> => {
    const device = lawfulDevice();
    const { times } = await timeSessions({ ...device, startsAnew }, [model], 3);
    expect(times).toHaveLength(1);
    return device.sent;
  };
  expect(await sent(true)).toEqual(['a']);
  expect(await sent(false)).toEqual(['a', 'a', 'a']);
});
