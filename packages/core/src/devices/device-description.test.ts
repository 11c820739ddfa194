import { expect, it } from 'vitest';
import { type DeviceFacts, describeDevice } from './device-description.ts';

const facts: DeviceFacts = {
  name: 'this machine',
  runtime: 'onnxruntime-node 1.30.0',
  provider: 'cpu',
  threads: 2,
  processor: 'AMD EPYC 7B13',
  cores: 2,
  os: 'linux-x64',
};
const fingerprintOf = (change: Partial<DeviceFacts>): string =>
  describeDevice({ ...facts, ...change }).fingerprint;

it('gives every device that differs another fingerprint, whatever it is called', () => {
  expect(describeDevice(facts)).toEqual({ ...facts, fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(fingerprintOf({ name: 'desk' })).toBe(fingerprintOf({}));
  const { threads: _, ...chosen } = facts;
  const others = [
    describeDevice(chosen).fingerprint,
    fingerprintOf({ runtime: 'onnxruntime-node 1.30.1' }),
    fingerprintOf({ provider: 'webgpu' }),
    fingerprintOf({ threads: 1 }),
    fingerprintOf({ processor: '' }),
    fingerprintOf({ cores: 4 }),
    fingerprintOf({ os: 'win32-x64' }),
    fingerprintOf({ browser: 'Chrome 149' }),
    // The next field is not the end of this one.
    fingerprintOf({ processor: 'AMD EPYC 7B13","linux' }),
  ];
  expect(new Set([...others, fingerprintOf({})]).size).toBe(others.length + 1);
});
