// The zod schema of every option: it checks values wherever they come from, and becomes the JSON Schema of the config file.
import { z } from 'zod';
import { environmentName, flagName, kebabName, type OptionRow } from './option-row.ts';
import { type OptionName, options } from './options.ts';

/** The schema of one option's value. A text may be written as a number, as YAML tempts to: `max-drop: 0.01`. */
export function valueSchema(row: OptionRow): z.ZodType {
  switch (row.type) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(row.choices);
    case 'list':
      return z.array(text());
    case 'text':
      return text();
    case 'path':
      return z.string().min(1);
    default: {
      let schema = row.type === 'integer' ? z.int() : z.number();
      if (row.above !== undefined) schema = schema.gt(row.above);
      if (row.below !== undefined) schema = schema.lt(row.below);
      if (row.min !== undefined) schema = schema.min(row.min);
      if (row.max !== undefined) schema = schema.max(row.max);
      return row.word === undefined ? schema : z.union([schema, z.literal(row.word)]);
    }
  }
}

/** Every option by its config key; `config` itself is none. */
export function configRows(): ReadonlyMap<string, readonly [OptionName, OptionRow]> {
  const rows = Object.entries(options) as [OptionName, OptionRow][];
  return new Map(
    rows.filter(([name]) => name !== 'config').map(([name, row]) => [kebabName(name), [name, row]]),
  );
}

/** Title of the config file's JSON Schema. */
export const CONFIG_SCHEMA_TITLE = 'espalier config file';

/** The config file's JSON Schema (draft 7, which every editor knows): any option may be given, nothing else. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const keys = Array.from(configRows(), ([key, [name, row]]) => [key, describedSchema(name, row).optional()]);
  return {
    ...z.toJSONSchema(z.strictObject(Object.fromEntries(keys)), { io: 'input', target: 'draft-7' }),
    title: CONFIG_SCHEMA_TITLE,
    description: 'What espalier is told when neither flag nor environment says otherwise.',
  };
}

/** With all that an editor shows of a key: what it is, who reads it, its default, examples. */
function describedSchema(name: OptionName, row: OptionRow): z.ZodType {
  const description = `${row.text}.\nRead by ${row.commands.join(', ')}; also ${flagName(name, row)} and ${environmentName(name)}.`;
  return valueSchema(row).meta({
    description: description.charAt(0).toUpperCase() + description.slice(1),
    ...('default' in row && { default: row.default }),
    ...(row.examples && { examples: [...row.examples] }),
  });
}

function text(): z.ZodType<string | number> {
  return z.union([z.string().min(1), z.number()]);
}
