// The JSON document of `runs compare`.
import { z } from 'zod';
import { latencyField } from './latency-field.ts';
import { runField } from './run-field.ts';

/** Runs side by side. */
export const runsCompareDocument = z.object({
  schema: z.literal('espalier/runs-compare@1'),
  runs: z.array(runField).describe('in the order they were named'),
  settings: z
    .array(
      z.object({ name: z.string(), values: z.array(z.unknown()).describe('one per run; null if unset') }),
    )
    .describe('settings that are not the same in all'),
  drops: z
    .array(
      z.object({
        run: z.string(),
        against: z.string(),
        value: z
          .number()
          .nullable()
          .describe(
            'how much worse its best model is than that of the other; null where that cannot be told',
          ),
        interval: z
          .tuple([z.number(), z.number()])
          .nullable()
          .describe('at 95 %, from the same samples in pairs'),
        reason: z.string().nullable().describe('why it cannot be told, one sentence'),
      }),
    )
    .describe('every other run against the first'),
  latency: latencyField
    .optional()
    .describe('of the best models, after the original where all have the same; absent with --no-bench'),
  remarks: z.array(z.string()).describe('what the numbers do not say by themselves, as sentences'),
});

/** The document's type. */
export type RunsCompareDocument = z.infer<typeof runsCompareDocument>;
