// The JSON document of a failed command.
import { z } from 'zod';

/** Printed to stdout with `--json` when a command fails; the exit code of the process is `exitCode`. */
export const errorDocument = z.object({
  schema: z.literal('espalier/error@1'),
  kind: z
    .enum(['usage', 'model', 'data', 'target', 'verification', 'engine', 'io', 'interrupted'])
    .describe('coarse kind; decides the exit code'),
  code: z.string().describe('stable dotted name, such as `onnx.truncated`'),
  message: z
    .string()
    .describe('one sentence with the offending value and the name of the node, file or flag'),
  hint: z.string().optional().describe('what can be done about it'),
  exitCode: z.int(),
});

/** The document's type. */
export type ErrorDocument = z.infer<typeof errorDocument>;
