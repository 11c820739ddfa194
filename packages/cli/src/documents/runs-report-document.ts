// The JSON document of `runs report`.
import { z } from 'zod';

/** What was drawn. */
export const runsReportDocument = z.object({
  schema: z.literal('espalier/runs-report@1'),
  run: z.string().describe('absolute path of its folder'),
  page: z.string().describe('absolute path of the page'),
  text: z.string().describe('absolute path of the same as Markdown'),
  cuts: z.int().describe('cuts that were accepted so far'),
});

/** The document's type. */
export type RunsReportDocument = z.infer<typeof runsReportDocument>;
