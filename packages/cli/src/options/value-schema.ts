// The zod schema of every option: it checks values wherever they come from, and becomes the JSON Schema of the config file.
import { z } from 'zod';
import { kebabName, type OptionRow } from './option-row.ts';
import { type OptionName, options } from './options.ts';

/** The schema of one option's value, with its text and default as metadata. */
export function valueSchema(row: OptionRow): z.ZodType {
  const described = { description: row.text };
  const meta = 'default' in row ? { ...described, default: row.default } : described;
  return bareSchema(row).meta(meta);
}

/** The schema of the config file: every option may be given, nothing else. */
export function configFileSchema(): z.ZodType<Readonly<Record<string, unknown>>> {
  const rows = (Object.entries(options) as [OptionName, OptionRow][]).filter(([name]) => name !== 'config');
  const keys = rows.map(([name, row]) => [kebabName(name), valueSchema(row).optional()]);
  return z.strictObject(Object.fromEntries(keys));
}

/** The config file's JSON Schema (draft 2020-12), for editors. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const title = 'espalier.yaml';
  return { ...z.toJSONSchema(configFileSchema(), { io: 'input' }), title };
}

function bareSchema(row: OptionRow): z.ZodType {
  switch (row.type) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(row.choices);
    case 'list':
      return z.array(z.string().min(1));
    case 'text':
    case 'path':
      return z.string().min(1);
    default: {
      let schema = row.type === 'integer' ? z.int() : z.number();
      if (row.above !== undefined) schema = schema.gt(row.above);
      if (row.below !== undefined) schema = schema.lt(row.below);
      if (row.min !== undefined) schema = schema.min(row.min);
      if (row.max !== undefined) schema = schema.max(row.max);
      return schema;
    }
  }
}
