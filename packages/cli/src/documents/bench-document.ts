// The JSON document of `bench`.
import { z } from 'zod';
import { modelField, rooflineField } from './fields.ts';
import { latencyField } from './latency-field.ts';

/** Latency of one model or several, and with `--profile` of every operator. */
export const benchDocument = z.object({
  schema: z.literal('espalier/bench@1'),
  models: z.array(
    modelField.extend({
      macs: z.number().describe('of one run'),
      profile: z
        .array(
          z.object({
            node: z.string().optional().describe('absent for kernels the runtime adds'),
            kernel: z.string(),
            operator: z.string().describe('as the runtime calls it, fused or not'),
            ms: z.number(),
            share: z.number().describe('of all operators, 0 to 1'),
            bound: z
              .object({
                ms: z.number().describe('least time, by the roofline of this machine'),
                by: z.enum(['arithmetic', 'memory']),
              })
              .optional()
              .describe('of layers'),
          }),
        )
        .optional()
        .describe('slowest first; with --profile'),
    }),
  ),
  roofline: rooflineField.optional().describe('the best this machine does, measured; with --profile'),
  metrics: z.object({
    medianMs: z.number().describe('of the last model'),
    speedup: z.number().describe('of the last model over the first'),
    macsRatio: z.number().describe('MACs of the last model over those of the first'),
  }),
  latency: latencyField,
});

/** The document's type. */
export type BenchDocument = z.infer<typeof benchDocument>;
