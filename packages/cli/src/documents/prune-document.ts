// The JSON document of `prune`.
import { z } from 'zod';
import { costField, modelField } from './fields.ts';
import { latencyField } from './latency-field.ts';
import { latencyTargetField } from './latency-target-field.ts';
import { proofField } from './proof-field.ts';
import { recoveryField } from './recovery-field.ts';

const state = costField.extend({
  bytes: z.number().describe('size of the model file'),
  accuracy: z
    .record(z.string(), z.number().nullable())
    .optional()
    .describe('metrics on the data; with --data that have labels'),
});

/** What was cut, what it changed, and the proof. */
export const pruneDocument = z.object({
  schema: z.literal('espalier/prune@1'),
  model: modelField,
  output: z
    .string()
    .nullable()
    .describe('the file that was written; null with --dry-run or after a failed proof'),
  plan: z.string().nullable().describe('the plan file that was written'),
  made: z.record(z.string(), z.unknown()).describe('how the plan was chosen: criterion, target, limits'),
  metrics: z.object({
    macs: z.number().describe('fraction kept'),
    params: z.number().describe('fraction kept'),
    bytes: z.number().describe('fraction kept of the file'),
    removedChannels: z.number().describe('fraction of the channels that can go which went'),
    speedup: z.number().optional().describe('median latency before over after'),
  }),
  before: state,
  after: state,
  agreement: z
    .record(z.string(), z.number().nullable())
    .optional()
    .describe("metrics of the pruned model's agreement with the original; with --data that have no labels"),
  layers: z
    .array(
      z.object({
        node: z.string(),
        channels: z.int().describe('output channels before'),
        kept: z.int().describe('and after'),
      }),
    )
    .describe('layers that lost channels'),
  proof: proofField.optional().describe('absent with --no-verify'),
  recovery: recoveryField
    .extend({
      cutAlone: z
        .object({
          accuracy: z.record(z.string(), z.number().nullable()).optional(),
          agreement: z.record(z.string(), z.number().nullable()).optional(),
        })
        .describe('how the model did before it, as `after.accuracy` and `agreement` say how it does now'),
    })
    .optional()
    .describe('absent with --recover none and without data'),
  latency: latencyField.optional().describe('absent with --no-bench'),
  latencyTarget: latencyTargetField.optional().describe('with --latency'),
  remarks: z.array(z.string()).describe('what the numbers do not say by themselves, as sentences'),
  next: z.string().nullable().describe('a command that makes sense now'),
});

/** The document's type. */
export type PruneDocument = z.infer<typeof pruneDocument>;
