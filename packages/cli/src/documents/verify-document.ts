// The JSON document of `verify`.
import { z } from 'zod';
import { modelField } from './fields.ts';
import { proofField } from './proof-field.ts';

/** Whether a pruned file is what its plan makes of the original. */
export const verifyDocument = z.object({
  schema: z.literal('espalier/verify@1'),
  model: modelField.describe('the original'),
  pruned: z.string().describe('absolute path'),
  metrics: z.object({ deviation: z.number().nullable().describe('largest found') }),
  proof: proofField,
});

/** The document's type. */
export type VerifyDocument = z.infer<typeof verifyDocument>;
