import { expect, it } from 'vitest';
import { type SensitivityDocument, sensitivityDocument } from '../documents/sensitivity-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatSensitivity } from './sensitivity-report.ts';

const point = (
  rate: number,
  drop: number,
  interval: [number, number] | null = [drop - 0.02, drop + 0.02],
) => ({
  ...{
    rate,
    removed: 8 * rate,
    macs: 1000 * (1 - rate / 2),
    params: 100,
    value: 0.9 - drop,
    drop,
    interval,
    samples: 50,
  },
});

const document: SensitivityDocument = sensitivityDocument.strict().parse({
  schema: 'espalier/sensitivity@1',
  model: { path: '/m/net.onnx', sha256: '00', bytes: 1 },
  ...{ criterion: 'l2', metric: 'top1', higherIsBetter: true, cost: { macs: 1000, params: 100 } },
  data: { path: 'images', description: '50 pictures', samples: 50 },
  metrics: { value: 0.9, probes: 5, work: 2.34, seconds: 61 },
  groups: [
    { root: 'a_out', part: 0, channels: 8, age: 0, points: [point(0.25, 0.1), point(0.5, 0.3)] },
    { root: 'b_out', part: 1, channels: 16, age: 0, points: [point(0.25, -0.01), point(0.5, 0.02, null)] },
    { root: 'c_out', part: 0, channels: 4, age: 0, points: [point(0.5, 0.1)] },
  ],
  next: 'espalier run net.onnx --target macs=0.7 --data images',
});

it('shows the most robust groups first, with a dash where a rate was not tried', () => {
  expect(formatSensitivity(document, plainPaint)).toEqual([
    'top1 0.9000 uncut; how much it drops when a group alone loses a share of its channels, lowest l2 first:',
    '',
    'group    channels          -25 %         -50 %  saves MACs',
    'b_out#1        16  -0.010 ±0.020         0.020      25.0 %',
    'c_out           4              -  0.100 ±0.020      25.0 %',
    'a_out           8   0.100 ±0.020  0.300 ±0.020      25.0 %',
    '',
    '5 probes over at most 50 samples, in 61 s, at the cost of 2.3 evaluations of the model. ± is the 95 % interval.',
    '',
    'next: espalier run net.onnx --target macs=0.7 --data images',
  ]);
});

it('tells what was probed at bends apart from the rates that all groups were asked for', () => {
  const [bent, ...others] = document.groups;
  const points = [point(0.25, 0.1), point(0.375, 0.12), point(0.5, 0.3)];
  const lines = formatSensitivity({ ...document, groups: [{ ...bent!, points }, ...others] }, plainPaint);
  expect(lines.slice(2, 6)).toEqual([
    'group    channels          -25 %         -50 %  saves MACs  at the bend',
    'b_out#1        16  -0.010 ±0.020         0.020      25.0 %',
    'c_out           4              -  0.100 ±0.020      25.0 %',
    'a_out           8   0.100 ±0.020  0.300 ±0.020      25.0 %  -38 %: 0.120 ±0.020',
  ]);
});
