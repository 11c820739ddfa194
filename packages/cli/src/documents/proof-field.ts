// A proof as `prune` and `verify` report it.
import { z } from 'zod';

/** How the pruned model compared with the zeroed original. */
export const proofField = z.object({
  verdict: z
    .enum(['proven', 'not proven', 'failed'])
    .describe('`not proven`: nothing deviates, but some value says nothing (zero, constant or not finite)'),
  tolerance: z.number().describe('largest allowed max|Δ| / max|value| per channel'),
  deviation: z
    .number()
    .nullable()
    .describe('largest found; null when a value has another shape or is missing'),
  runs: z.int(),
  outputs: z.int().describe('graph outputs compared'),
  layers: z.int().describe('layers compared'),
  firstFailure: z
    .object({
      node: z.string(),
      operator: z.string(),
      value: z.string(),
      deviation: z.number().nullable(),
      channel: z.int().describe('in the pruned model; -1 when it is no deviation of one channel'),
      problem: z.string().optional(),
    })
    .optional()
    .describe('in execution order'),
  rows: z.int().describe('channels and, behind flattening, features compared, over all outputs and layers'),
  unprovenRows: z
    .int()
    .describe('those that prove nothing: zero, constant or not finite in the original too'),
  untested: z.array(z.string()).describe('values of which every channel proves nothing'),
  unproven: z.array(z.string()).describe('values of which all or some channels prove nothing'),
});

/** The field's type. */
export type ProofField = z.infer<typeof proofField>;
