// The JSON documents of `recalibrate` and `reconstruct`.
import { z } from 'zod';
import { modelField } from './fields.ts';
import { recoveryField } from './recovery-field.ts';

const fields = {
  model: modelField.describe('the original'),
  pruned: z.string().describe('absolute path'),
  output: z.string().describe('the file that was written'),
  metrics: z.object({
    errorBefore: z.number().describe('mean over the corrected layers; 0 when there are none'),
    errorAfter: z.number(),
  }),
  recovery: recoveryField,
  next: z.string().describe('a command that makes sense now'),
};

/** What recalibration changed. */
export const recalibrateDocument = z.object({ schema: z.literal('espalier/recalibrate@1'), ...fields });

/** What reconstruction changed. */
export const reconstructDocument = z.object({ schema: z.literal('espalier/reconstruct@1'), ...fields });

/** The type of both. */
export type RecoverDocument = z.infer<typeof recalibrateDocument> | z.infer<typeof reconstructDocument>;
