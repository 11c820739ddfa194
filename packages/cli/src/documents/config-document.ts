// The JSON document of `config print`.
import { z } from 'zod';

/** Every option with its value and source. */
export const configDocument = z.object({
  schema: z.literal('espalier/config@1'),
  file: z.string().nullable().describe('the config file that was read'),
  options: z.array(
    z.object({
      name: z.string().describe('as flags and config keys spell it'),
      value: z
        .union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()])
        .describe('null where there is neither a value nor a default'),
      source: z.enum(['flag', 'environment', 'config', 'default']),
    }),
  ),
});

/** The document's type. */
export type ConfigDocument = z.infer<typeof configDocument>;
