// The JSON document of `doctor`.
import { z } from 'zod';

/** The machine, and what was found on it. */
export const doctorDocument = z.object({
  schema: z.literal('espalier/doctor@1'),
  version: z.string().describe('of espalier'),
  machine: z.object({
    node: z.string(),
    onnxruntime: z.string().describe('version of onnxruntime-node, or `not installed`'),
    platform: z.string(),
    release: z.string(),
    cpu: z.string(),
    cores: z.int(),
    memory: z.number().describe('bytes'),
    providers: z.array(z.string()).describe('execution providers of the runtime'),
    load: z.array(z.number()).describe('load average over 1, 5 and 15 minutes'),
    governor: z.string().optional().describe('frequency governor, where the system tells'),
  }),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'warning', 'failed']),
      text: z.string().describe('one sentence'),
      hint: z.string().optional(),
    }),
  ),
});

/** The document's type. */
export type DoctorDocument = z.infer<typeof doctorDocument>;
