// The JSON document of `devices serve`.
import { z } from 'zod';
import { modelField } from './fields.ts';
import { latencyField } from './latency-field.ts';

/** What every device that joined has measured. */
export const devicesServeDocument = z.object({
  schema: z.literal('espalier/devices-serve@1'),
  models: z.array(modelField),
  devices: z.array(latencyField).describe('in the order in which they were done'),
  failures: z.array(
    z.object({ device: z.string(), code: z.string(), message: z.string(), hint: z.string().optional() }),
  ),
});

/** The document's type. */
export type DevicesServeDocument = z.infer<typeof devicesServeDocument>;
