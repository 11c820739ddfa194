// A cut to a latency as `prune` reports it, for the tests of reports.
import type { LatencyTargetField } from '../documents/latency-target-field.ts';

/** Half of the latency, met by the second try. */
export const latencyTarget: LatencyTargetField = {
  fraction: 0.5,
  met: true,
  device: {
    name: 'this machine',
    runtime: 'onnxruntime-node 1.30.0',
    provider: 'cpu',
    threads: 1,
    processor: 'AMD EPYC 7B13',
    os: 'linux-x64',
    fingerprint: '0123456789abcdef',
  },
  stairs: { step: 16, unit: 4, penalty: 1.31 },
  tries: [
    { asked: 0.5, predicted: 0.498, measured: { value: 0.534, interval: [0.529, 0.541] }, macs: 0.512 },
    { asked: 0.468, predicted: 0.466, measured: { value: 0.491, interval: [0.487, 0.496] }, macs: 0.47 },
  ],
  modelError: 0.0132,
};
