// The JSON document of `devices list`.
import { z } from 'zod';

/** This machine as a device. */
export const devicesListDocument = z.object({
  schema: z.literal('espalier/devices-list@1'),
  runtime: z.string(),
  processor: z.string(),
  cores: z.int(),
  os: z.string(),
  providers: z.array(
    z.object({
      name: z.string().describe('as --provider takes it'),
      fingerprint: z
        .string()
        .optional()
        .describe('of this device, threads left to the engine; absent where it cannot be used'),
      obstacle: z.string().optional().describe('why it cannot be used'),
    }),
  ),
});

/** The document's type. */
export type DevicesListDocument = z.infer<typeof devicesListDocument>;
