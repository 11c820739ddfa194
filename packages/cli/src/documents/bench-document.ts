// The JSON document of `bench`.
import { z } from 'zod';
import { estimateField, modelField, rooflineField } from './fields.ts';
import { latencyField } from './latency-field.ts';

/** Latency of one model or several, and with `--profile` of every operator. */
export const benchDocument = z.object({
  schema: z.literal('espalier/bench@1'),
  models: z.array(
    modelField.extend({
      macs: z.number().describe('of one run'),
      weightBytes: z.int().describe('of all constants, as wide as the file has them'),
      memory: z
        .object({
          peakBytes: z
            .int()
            .describe(
              'most resident memory that loading the file and running it added to a process with the runtime: the parsed file, weights as kernels want them, activations',
            ),
          loadPeakBytes: z.int().describe('the same until the session was made'),
          processBytes: z.int().describe('peak of the whole process, with Node and the runtime'),
          threads: z
            .int()
            .optional()
            .describe('threads that the runtime computes on; absent where the system does not tell'),
        })
        .optional()
        .describe('measured in a process of its own; absent with --no-memory and for other devices'),
      denormals: z
        .object({
          count: z.int().describe('weights that are denormal numbers'),
          tensors: z.array(z.object({ tensor: z.string(), count: z.int(), total: z.int() })),
          medianMs: estimateField.describe('with zeros in their place'),
          speedup: estimateField.describe('what zeros in their place gain, measured side by side'),
        })
        .optional()
        .describe('absent where there are none'),
      placement: z
        .array(
          z.object({
            provider: z.string(),
            kernels: z.int(),
            share: z.number().describe('of the time of all kernels, 0 to 1'),
          }),
        )
        .optional()
        .describe('which provider ran what; for providers other than cpu on this machine'),
      profile: z
        .array(
          z.object({
            node: z.string().optional().describe('absent for kernels the runtime adds'),
            kernel: z.string(),
            operator: z.string().describe('as the runtime calls it, fused or not'),
            provider: z.string().describe('execution provider that ran it'),
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
