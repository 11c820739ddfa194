import { describe, expect, it } from 'vitest';
import { latencyTargetField } from '../documents/latency-target-field.ts';
import { formatLatencyTarget } from './latency-target-report.ts';
import { latencyTarget } from './latency-targets.case.ts';

describe('formatLatencyTarget', () => {
  it('shows the device, try by try what was promised and measured, and the stairs', async () => {
    expect(latencyTargetField.strict().parse(latencyTarget)).toEqual(latencyTarget);
    await expect(`${formatLatencyTarget(latencyTarget).join('\n')}\n`).toMatchFileSnapshot(
      './golden/latency-target.txt',
    );
  });

  it('says where there are no steps or no penalty, and leaves out what the device does not tell', () => {
    const { threads: _, ...device } = { ...latencyTarget.device, processor: '' };
    const flat = { ...latencyTarget, device, stairs: { step: 1, unit: 1, penalty: 1 } };
    const [head] = formatLatencyTarget(flat);
    expect(head).toBe(
      "latency target: 50.0 % of the original's, on this machine (onnxruntime-node 1.30.0, cpu)",
    );
    expect(formatLatencyTarget(flat)).toContain('On this device latency falls evenly with the widths.');
    const even = { ...latencyTarget, stairs: { step: 8, unit: 1, penalty: 1 } };
    expect(formatLatencyTarget(even)).toContain('On this device latency falls in steps of 8 channels.');
    const many = { ...latencyTarget, device: { ...latencyTarget.device, threads: 4 } };
    expect(formatLatencyTarget(many)[0]).toContain('cpu, 4 threads, AMD');
  });
});
