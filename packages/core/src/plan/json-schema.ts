// The part of JSON Schema (draft 2020-12) that espalier's own documents are written in, and the check against it:
// one schema serves the reader, the docs and other programs.

/** A schema; keywords beyond these do not occur. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer';
  readonly const?: number | string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

/** Where a value breaks a schema: `groups[3].removed[0]`, what stands there and what should. */
export interface SchemaProblem {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** The first place where `value` breaks `schema`; undefined when it fits. */
export function findSchemaProblem(schema: JsonSchema, value: unknown, path = ''): SchemaProblem | undefined {
  const expected = expectation(schema, value);
  if (expected !== undefined) return { path, found: show(value), expected };
  if (Array.isArray(value)) {
    const { items } = schema;
    return items && firstOf(value.entries(), ([i, item]) => findSchemaProblem(items, item, `${path}[${i}]`));
  }
  if (!isRecord(value)) return undefined;
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return { path: below(missing), found: 'missing', expected: 'required' };
  return firstOf(Object.entries(value), ([key, item]) => {
    if (Object.hasOwn(properties, key)) return findSchemaProblem(properties[key]!, item, below(key));
    const known = Object.keys(properties).join(', ');
    return additionalProperties
      ? undefined
      : { path: below(key), found: 'present', expected: `one of ${known}` };
  });
}

/** What the schema wants of this very value, when the value is something else. */
function expectation(schema: JsonSchema, value: unknown): string | undefined {
  const { type, minimum, pattern } = schema;
  if (schema.const !== undefined && value !== schema.const) return show(schema.const);
  if (schema.enum && !schema.enum.some((option) => option === value))
    return schema.enum.map(show).join(' or ');
  if (type === 'object' && !isRecord(value)) return 'an object';
  if (type === 'array' && !Array.isArray(value)) return 'a list';
  if (type === 'string' && typeof value !== 'string') return 'a string';
  if (type === 'integer' && !Number.isSafeInteger(value)) return 'an integer';
  if (minimum !== undefined && !((value as number) >= minimum)) return `at least ${minimum}`;
  if (pattern !== undefined && !new RegExp(pattern).test(value as string)) return `text like ${pattern}`;
  return undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'an object';
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function firstOf<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
