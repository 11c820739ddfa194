// The JSON document of `score`.
import { z } from 'zod';
import { modelField } from './fields.ts';

/** One score per coupled channel that can go. */
export const scoreDocument = z.object({
  schema: z.literal('espalier/score@1'),
  model: modelField,
  criterion: z.string(),
  reduction: z.string(),
  normalizer: z.string(),
  metrics: z.object({ channels: z.int().describe('scored channels'), groups: z.int() }),
  groups: z.array(
    z.object({
      id: z.int(),
      root: z.string().describe('the first node that makes its channels'),
      scores: z
        .array(z.number().nullable())
        .describe('by channel of the group, higher = keep; null where the criterion cannot judge'),
    }),
  ),
});

/** The document's type. */
export type ScoreDocument = z.infer<typeof scoreDocument>;
