// Latency as `bench` and `prune` report it.
import { z } from 'zod';
import { deviceField } from './device-field.ts';
import { estimateField } from './fields.ts';

/** Models measured side by side over the same input; times in milliseconds. */
export const latencyField = z.object({
  device: deviceField.optional().describe('where; times of two fingerprints are not to be compared'),
  provider: z.string(),
  threads: z.int().optional().describe('inside the engine; absent when the engine chose'),
  models: z.array(
    z.object({
      name: z.string(),
      iterations: z.int().describe('measured runs'),
      loadMs: z.number().optional().describe('absent where the device cannot tell'),
      firstRunMs: z.number().optional(),
      meanMs: z.number(),
      medianMs: estimateField,
      p90Ms: z.number(),
      p95Ms: z.number(),
      p99Ms: z.number(),
      speedup: estimateField.describe('median of the first model over that of this one'),
    }),
  ),
  warnings: z.array(z.string()).describe('reasons to distrust the numbers'),
});

/** The field's type. */
export type LatencyField = z.infer<typeof latencyField>;
