import { expect, it } from 'vitest';
import { devicesListDocument } from '../documents/devices-list-document.ts';
import { type DevicesServeDocument, devicesServeDocument } from '../documents/devices-serve-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatDevicesList } from './devices-list-report.ts';
import { formatDevicesServe } from './devices-serve-report.ts';

it('lists the providers of this machine, with the reason of those that are not there', () => {
  const document = devicesListDocument.parse({
    schema: 'espalier/devices-list@1',
    runtime: 'onnxruntime-node 1.30.0',
    processor: '',
    cores: 2,
    os: 'linux-x64',
    providers: [
      { name: 'cpu', fingerprint: 'a147066318100da9' },
      { name: 'cuda', obstacle: "Execution provider 'cuda' is not available: Append: Failed to load." },
    ],
  });
  expect(formatDevicesList(document, plainPaint).slice(0, 5)).toEqual([
    'this machine: unknown processor, 2 cores, linux-x64, onnxruntime-node 1.30.0',
    '',
    'provider  state                fingerprint',
    'cpu       ok                   a147066318100da9',
    'cuda      no: Failed to load.',
  ]);
});

it('shows a table per device that joined, and what failed', () => {
  const estimate = { value: 2, interval: [1.9, 2.1] as [number, number] };
  const times = {
    iterations: 30,
    meanMs: 2,
    medianMs: estimate,
    p90Ms: 2,
    p95Ms: 2,
    p99Ms: 2,
    speedup: estimate,
  };
  const device = { runtime: 'onnxruntime-web 1.30.0', provider: 'wasm', threads: 4, processor: '' };
  const on = (name: string) => ({
    device: { ...device, name, cores: 8, os: 'Android', browser: 'Chrome 149', fingerprint: '00' },
    provider: 'wasm',
    threads: 4,
    models: [{ name: 'a.onnx', ...times }],
    warnings: [],
  });
  const document: DevicesServeDocument = {
    schema: 'espalier/devices-serve@1',
    models: [],
    devices: [on('Chrome on Android'), on('Chrome on Android 2')],
    failures: [{ device: 'Safari on iPhone', code: 'device.left', message: 'It has left.' }],
  };
  expect(devicesServeDocument.parse(document)).toEqual(document);
  const lines = formatDevicesServe(document, plainPaint);
  expect(lines.filter((line) => !line.startsWith('model') && !line.startsWith('a.onnx'))).toEqual([
    'Chrome on Android',
    'measured in turn on Chrome on Android (8 cores, Android, Chrome 149, onnxruntime-web 1.30.0); provider wasm, threads 4',
    '',
    'Chrome on Android 2',
    'measured in turn on Chrome on Android 2 (8 cores, Android, Chrome 149, onnxruntime-web 1.30.0); provider wasm, threads 4',
    '',
    'It has left.',
  ]);
  // A device that cannot tell how long loading took leaves that column empty.
  expect(lines[2]).toMatch(/ {2}30 +2\.00x/);
});
