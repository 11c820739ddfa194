// The fields of a JSON document as rows, read from its schema.
import { z } from 'zod';

/** One field: `layers[].share.macs`. */
export interface FieldRow {
  readonly path: string;
  readonly type: string;
  readonly text: string;
  /** False for fields that may be absent. */
  readonly required: boolean;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly description?: string;
}

/** The fields in the order of the schema, nested ones behind their parents. */
export function listFields(document: z.ZodObject): readonly FieldRow[] {
  return fieldsOf(z.toJSONSchema(document) as Schema, '');
}

function fieldsOf(schema: Schema, prefix: string): readonly FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]): FieldRow[] => {
    const path = `${prefix}${name}`;
    const [inner, suffix] = field.items ? [field.items, '[]'] : [field, ''];
    const row: FieldRow = {
      path: `${path}${suffix}`,
      type: typeName(field),
      text: field.description ?? '',
      required: schema.required?.includes(name) ?? false,
    };
    return [row, ...fieldsOf(inner, `${path}${suffix}.`)];
  });
}

function typeName(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeName))].join(' or ');
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeName).join(', ')}]`;
  if (schema.type === 'array') return `list of ${typeName(schema.items ?? {})}`;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    return `${typeName(schema.additionalProperties)} by name`;
  }
  return [schema.type ?? 'anything'].flat().join(' or ');
}
