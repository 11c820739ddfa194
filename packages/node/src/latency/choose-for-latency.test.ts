import { encodeModel } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { timeSurely } from './choose-for-latency.ts';
import { lawfulDevice, lawfulNet } from './lawful-device.case.ts';

describe('timeSurely', () => {
  const bytes = encodeModel(lawfulNet());
  const both = [
    { name: 'original', bytes },
    { name: 'pruned', bytes },
  ];

  it.each([
    ['once', 'known to one percent', 0.005, false, 3],
    ['up to four times', 'not known so well', 0.3, false, 12],
    ['once', 'worth many runs each', 0.3, true, 1],
  ])('measures %s where times are %s', async (_, __, noise, startsAnew, sessions) => {
    const device = lawfulDevice({ noise });
    const { models } = await timeSurely({ ...device, startsAnew }, both, 0);
    expect(device.sent.filter((name) => name === 'pruned')).toHaveLength(sessions);
    // Rounds that were measured again are told as one with the first.
    expect(models.map(({ iterations }) => iterations)).toEqual([12 * sessions, 12 * sessions]);
  });
});
