// The JSON document of `runs list`.
import { z } from 'zod';
import { runField } from './run-field.ts';

/** Every run below a folder. */
export const runsListDocument = z.object({
  schema: z.literal('espalier/runs-list@1'),
  folder: z.string().describe('absolute path of the folder that was looked into'),
  runs: z.array(runField).describe('the one that began last comes last'),
  unreadable: z
    .array(z.object({ run: z.string(), message: z.string() }))
    .describe('folders whose record cannot be read, and why'),
  next: z.string().describe('a command that makes sense now'),
});

/** The document's type. */
export type RunsListDocument = z.infer<typeof runsListDocument>;
