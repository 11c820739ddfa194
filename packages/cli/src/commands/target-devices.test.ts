import { describeDevice } from '@espalier/core';
import type { Device } from '@espalier/node';
import { expect, it } from 'vitest';
import { nameFolders } from './target-devices.ts';

function named(name: string): Device {
  return {
    description: describeDevice({ name, runtime: 'r', provider: 'p', processor: '', os: '' }),
    time: async function* () {
      yield { type: 'warning', message: 'It takes no time.' };
    },
    close: async () => {},
  };
}

it('names a folder after each device, whatever its name holds, and no two alike', () => {
  const names = [
    'this machine',
    'Chrome 140 (Android)',
    '検査 ライン',
    '../..',
    'This Machine',
    'this-machine',
  ];
  expect(nameFolders(names.map(named))).toEqual([
    ...['this-machine', 'chrome-140-android', '検査-ライン', 'device', 'this-machine-2', 'this-machine-3'],
  ]);
});
