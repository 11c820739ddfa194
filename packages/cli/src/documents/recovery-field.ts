// A recovery without labels as `prune`, `recalibrate` and `reconstruct` report it.
import { z } from 'zod';

/** What was corrected, on how much, in which time. */
export const recoveryField = z.object({
  method: z.enum(['recalibrate', 'reconstruct']),
  samples: z.int().describe('samples it looked at; labels are not used'),
  seconds: z.number(),
  layers: z
    .array(
      z.object({
        node: z.string(),
        operator: z.string(),
        target: z
          .enum(['output', 'sum'])
          .describe("its own output in the original, or the original's sum that its output goes into"),
        errorBefore: z
          .number()
          .describe(
            'over the variance of the target: mean square error of a fit; of a recalibration that of means and standard deviations',
          ),
        errorAfter: z.number(),
        unknowns: z.int().optional().describe('of the least-squares fit, per output'),
        rows: z.int().optional().describe('equations they were found from'),
        solver: z.enum(['cholesky', 'conjugate gradient']).optional(),
        deficient: z
          .int()
          .optional()
          .describe('unknowns of which the data say less than the ridge; of a direct solution'),
      }),
    )
    .describe('corrected nodes in execution order'),
  skipped: z
    .array(z.object({ node: z.string(), reason: z.string() }))
    .describe('layers that stayed as they were though their input changed'),
});

/** The field's type. */
export type RecoveryField = z.infer<typeof recoveryField>;
