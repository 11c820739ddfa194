// The JSON document of `eval`.
import { z } from 'zod';
import { modelField } from './fields.ts';

/** Metrics of a model over a data set. */
export const evalDocument = z.object({
  schema: z.literal('espalier/eval@1'),
  model: modelField,
  reference: modelField.optional().describe('the model whose answers were agreed with; with --reference'),
  data: z.object({
    path: z.string(),
    description: z.string().describe('what it holds and how it was recognised'),
    samples: z.int().describe('samples evaluated'),
    choice: z.string().describe('which samples a limit takes'),
  }),
  preprocess: z
    .string()
    .nullable()
    .describe('as --preprocess takes it; null for arrays, which are fed as they are'),
  assumed: z.array(z.string()).describe('parts of the preprocessing that nothing speaks for'),
  metrics: z
    .record(z.string(), z.number().nullable())
    .describe(
      'by name, those against the reference as `agreement.NAME`; null where there was nothing to measure',
    ),
});

/** The document's type. */
export type EvalDocument = z.infer<typeof evalDocument>;
