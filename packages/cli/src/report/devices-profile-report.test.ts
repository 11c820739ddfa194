import { describe, expect, it } from 'vitest';
import {
  type DevicesProfileDocument,
  devicesProfileDocument,
} from '../documents/devices-profile-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatDevicesProfile } from './devices-profile-report.ts';

const WIDTHS = Array.from({ length: 33 }, (_, at) => 32 + at);

function sideOf(step: number, penalty = 1) {
  const unit = penalty > 1 ? 4 : 1;
  const times = WIDTHS.map((width) => ({
    width,
    ms: (Math.ceil(width / step) * step * (width % unit === 0 ? 1 : penalty)) / 64,
  }));
  return { step, unit, penalty, times };
}

function profileOf(facts: Partial<DevicesProfileDocument> = {}): DevicesProfileDocument {
  return {
    schema: 'espalier/devices-profile@1',
    device: {
      ...{ name: 'this machine', runtime: 'ort 1', provider: 'cpu', threads: 1, processor: 'Z80', cores: 2 },
      ...{ os: 'cpm', fingerprint: 'a147066318100da9' },
    },
    stairs: { inputs: sideOf(1), outputs: sideOf(16, 1.4) },
    roofline: { macsPerMs: 62.14e6, bytesPerMs: 14e6 },
    models: [
      {
        ...{ path: '/models/net.onnx', sha256: '00', bytes: 5 },
        ...{ layers: 14, kinds: 12, knownKinds: 11, samples: 96, modelError: 0.0123 },
      },
    ],
    table: { path: '/cache/latency.json', kinds: 20, samples: 150 },
    next: 'espalier prune net.onnx --latency 0.6',
    ...facts,
  };
}

describe('formatDevicesProfile', () => {
  it('tells the device, its stairs, its best, and what is known now', () => {
    const document = profileOf();
    expect(devicesProfileDocument.strict().parse(document)).toEqual(document);
    const lines = formatDevicesProfile(document, plainPaint);
    expect(lines.slice(0, 6)).toEqual([
      'this machine: Z80, 2 cores, cpm, ort 1, provider cpu, threads 1',
      'fingerprint: a147066318100da9',
      '',
      'widths cost in steps of 16 output channels: 16 of 64 removed is 1.33x as fast, 1 of 64 removed is 0.71x as fast; off multiples of 4 they take 1.40x as long',
      'input channels cost one by one: 16 of 64 removed is 1.33x as fast, 1 of 64 removed is 1.02x as fast',
      '',
    ]);
    expect(lines.slice(-11)).toEqual([
      '     32      40      48      56      64    32      40      48      56      64',
      '',
      'at best: 62.1 GMAC/s and 14.0 GB/s',
      '',
      'model     layers  kinds  known  samples now  model off by',
      'net.onnx      14     12     11           96         1.2 %',
      '',
      'known: 20 kinds of layers, by 150 samples',
      'table: /cache/latency.json',
      '',
      'next: espalier prune net.onnx --latency 0.6',
    ]);
    expect(Math.max(...lines.slice(6, -11).map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('leaves out what was not measured, and says that nothing was saved', () => {
    const { roofline: _, ...rest } = profileOf({ models: [], table: { path: null, kinds: 0, samples: 0 } });
    const { device, ...facts } = rest;
    const command = { ...device, name: 'ssh board', runtime: 'command', provider: 'ssh board time {model}' };
    const lines = formatDevicesProfile({ ...facts, device: command }, plainPaint);
    expect(lines[0]).toBe('ssh board: as the command prints it, ssh board time {model}');
    expect(lines.some((line) => line.startsWith('at best'))).toBe(false);
    expect(lines.slice(-4, -2)).toEqual([
      'known: 0 kinds of layers, by 0 samples',
      'not saved: there is no cache folder; name a file with --latency-table',
    ]);
  });
});
