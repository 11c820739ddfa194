// How a cut to a latency was found, as `prune` reports it.
import { z } from 'zod';
import { deviceField } from './device-field.ts';
import { estimateField } from './fields.ts';

/** The target, the tries, and how well the latency model of the device knew cuts it was not fitted on. */
export const latencyTargetField = z.object({
  fraction: z.number().describe("target, as a fraction of the original's latency"),
  met: z.boolean().describe('whether the measured median is at or below it'),
  device: deviceField.describe('what it was measured on'),
  stairs: z
    .object({
      step: z.int().describe('widths up to the next multiple take as long as that'),
      unit: z.int().describe('widths that are no multiple are slower'),
      penalty: z.number().describe('by this factor'),
    })
    .describe('how latency follows widths on the device'),
  tries: z.array(
    z.object({
      asked: z.number().describe('of the latency model, as a fraction'),
      predicted: z.number(),
      measured: estimateField,
      macs: z.number().describe('fraction kept'),
    }),
  ),
  modelError: z
    .number()
    .describe('median relative error of the latency model on cuts that it was not fitted on'),
});

/** The field's type. */
export type LatencyTargetField = z.infer<typeof latencyTargetField>;
