import { describe, expect, it } from 'vitest';
import { describeHosted, type HostFacts } from './device-host.ts';

const phone: HostFacts = {
  kind: 'browser',
  name: 'Chrome on Android',
  runtime: 'onnxruntime-web 1.30.0',
  providers: ['wasm', 'webgpu'],
  processor: '',
  adapter: 'adreno-7xx',
  cores: 8,
  os: 'Android',
  browser: 'Chrome 149',
  defaultThreads: 4,
  maxThreads: 8,
};

describe('describeHosted', () => {
  it('takes the first provider and the threads of the host, unless told otherwise', () => {
    expect(describeHosted(phone)).toMatchObject({ provider: 'wasm', threads: 4, processor: '' });
    expect(describeHosted(phone, { threads: 1 })).toMatchObject({ provider: 'wasm', threads: 1 });
    expect(describeHosted(phone).fingerprint).not.toBe(describeHosted(phone, { threads: 1 }).fingerprint);
    expect(describeHosted({ ...phone, name: 'Chrome on Android 2' }).fingerprint).toBe(
      describeHosted(phone).fingerprint,
    );
  });

  it('names the adapter where it computes, and no threads', () => {
    const device = describeHosted(phone, { provider: 'webgpu', threads: 2 });
    expect(device).toMatchObject({ provider: 'webgpu', processor: 'adreno-7xx' });
    expect(device).not.toHaveProperty('threads');
  });

  it.each([
    ['device.no-provider', { provider: 'cuda' }],
    ['device.too-many-threads', { threads: 16 }],
  ])('refuses with %s', (code, placement) => {
    expect(() => describeHosted(phone, placement)).toThrowError(
      expect.objectContaining({ kind: 'engine', code }),
    );
  });
});
