import { expect, it } from 'vitest';
import { checkRepeatable } from './check-repeatable.ts';

const given = { deterministic: true, threads: undefined, time: undefined };

it('takes what can be repeated, and everything where nobody asked for that', () => {
  checkRepeatable('run', given);
  checkRepeatable('train', { ...given, threads: 1 });
  checkRepeatable('run', { deterministic: false, threads: 4, time: '5m' });
});

it.each([
  ['run', { threads: 2 }, 'With --threads 2 a run ', '--threads'],
  ['train', { threads: 2 }, 'With --threads 2 a training ', '--threads'],
  ['run', { time: '5m' }, 'A run that ends after --time 5m ', '--iterations'],
  ['finetune', { time: '5m' }, 'A training that ends after --time 5m ', '--epochs'],
] as const)('refuses for %s: %j', (command, wish, message, hint) => {
  expect(() => checkRepeatable(command, { ...given, ...wish })).toThrow(
    expect.objectContaining({
      ...{ kind: 'usage', code: 'train.not-deterministic' },
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    }),
  );
});
