// `espalier config schema`: the JSON Schema of the config file, for editors.
import { configJsonSchema } from '../options/value-schema.ts';
import type { RunCommand } from './command.ts';

/** Runs the command; its document is the schema itself. */
export const runConfigSchema: RunCommand<'config schema'> = async () => {
  const document = configJsonSchema();
  return { document, lines: JSON.stringify(document, null, 2).split('\n') };
};
