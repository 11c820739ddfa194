// The JSON document of `runs rm`.
import { z } from 'zod';

/** What was removed. */
export const runsRmDocument = z.object({
  schema: z.literal('espalier/runs-rm@1'),
  removed: z.array(
    z.object({
      run: z.string().describe('absolute path of its folder'),
      freed: z.int().describe('bytes'),
      left: z.array(z.string()).describe('what lies there beside the run, and stays'),
    }),
  ),
  freed: z.int().describe('bytes, of all together'),
});

/** The document's type. */
export type RunsRmDocument = z.infer<typeof runsRmDocument>;
