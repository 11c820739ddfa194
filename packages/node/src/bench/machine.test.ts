import { describe, expect, it } from 'vitest';
import { describeMachine, findDisturbances, type MachineDescription } from './machine.ts';

it('describes this machine', async () => {
  const machine = await describeMachine();
  expect(machine.node).toBe(process.versions.node);
  expect(machine.platform).toBe(`${process.platform}-${process.arch}`);
  expect(machine.onnxruntime).toMatch(/^\d+\.\d+\.\d+/);
  expect(machine.providers).toContain('cpu');
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.memory).toBeGreaterThan(2 ** 28);
});

describe('findDisturbances', () => {
  const quiet: MachineDescription = {
    node: '20.19.0',
    onnxruntime: '1.30.0',
    platform: 'linux-x64',
    release: '6.1',
    cpu: 'test',
    cores: 4,
    memory: 2 ** 33,
    providers: ['cpu'],
    load: [0.1, 3, 3],
    governor: 'performance',
  };

  it('is content with an idle machine at a fixed clock', () => {
    expect(findDisturbances(quiet)).toEqual([]);
    const { governor: _, ...untold } = quiet;
    expect(findDisturbances(untold)).toEqual([]);
  });

  it('names other work and a moving clock', () => {
    expect(findDisturbances({ ...quiet, load: [1.5, 0, 0], governor: 'powersave' })).toEqual([
      'Other work is running: the load average is 1.50 on 4 cores.',
      "The frequency governor is 'powersave': the clock rises and falls during the measurement.",
    ]);
  });
});
