// The JSON document of `worker`.
import { z } from 'zod';

/** What this machine has measured for another one. */
export const workerDocument = z.object({
  schema: z.literal('espalier/worker@1'),
  server: z.string().describe('its address, without the token'),
  measured: z.int().describe('measurements that were done'),
  failed: z.int(),
  ended: z.enum(['goodbye', 'interrupted']).describe('the server had no more work, or Ctrl-C'),
});

/** The document's type. */
export type WorkerDocument = z.infer<typeof workerDocument>;
