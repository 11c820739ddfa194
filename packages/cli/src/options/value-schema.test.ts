import { DEFAULT_MAX_RATIO } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { environmentName, kebabName, type OptionRow } from './option-row.ts';
import { type OptionName, options } from './options.ts';
import { configJsonSchema, configRows, valueSchema } from './value-schema.ts';

const names = Object.keys(options) as OptionName[];

describe('the options table', () => {
  it.each(names.filter((name) => 'default' in options[name]))('accepts the default of %s', (name) => {
    const row = options[name];
    expect(valueSchema(row).safeParse('default' in row ? row.default : undefined).success).toBe(true);
  });

  it('uses every short flag once per command', () => {
    const shorts = names.flatMap((name) => {
      const row = options[name];
      return 'short' in row ? row.commands.map((command) => `${command} -${row.short}`) : [];
    });
    expect(new Set(shorts).size).toBe(shorts.length);
  });
});

interface KeySchema {
  readonly type?: string;
  readonly anyOf?: readonly unknown[];
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

describe('configJsonSchema', () => {
  const schema = configJsonSchema() as {
    $schema: string;
    properties: Record<string, KeySchema>;
    additionalProperties: boolean;
  };
  const described = names.filter((name) => name !== 'config');

  it('has every option as a key, and no other', () => {
    expect(schema.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties)).toEqual(described.map(kebabName));
    expect([...configRows().keys()]).toEqual(described.map(kebabName));
    // Of all drafts editors know this one best.
    expect(schema.$schema).toContain('draft-07');
  });

  it.each(described)('says all that an editor can show of %s', (name) => {
    const row: OptionRow = options[name];
    const key = schema.properties[kebabName(name)]!;
    const text = row.text.slice(1);
    expect(key.description).toContain(text);
    expect(key.description).toContain(`Read by ${row.commands[0]}`);
    expect(key.description).toContain(environmentName(name));
    expect(key.type ?? key.anyOf ?? key.enum).toBeDefined();
    expect(key.default).toEqual('default' in row ? row.default : undefined);
    if (row.type === 'choice') expect(key.enum).toEqual(row.choices);
    // What the editor cannot list or show by a default, it shows by example.
    if (['text', 'path', 'list'].includes(row.type) && !('default' in row))
      expect(key.examples?.length).toBeGreaterThan(0);
    for (const example of key.examples ?? []) expect(valueSchema(row).safeParse(example).success).toBe(true);
  });

  it('has the bounds of numbers', () => {
    expect(schema.properties['max-ratio']).toMatchObject({
      ...{ type: 'number', exclusiveMinimum: 0, maximum: 1, default: DEFAULT_MAX_RATIO },
    });
    expect(schema.properties['round-to']!.anyOf).toEqual([
      expect.objectContaining({ type: 'integer', minimum: 1 }),
      { type: 'string', const: 'auto' },
    ]);
    expect(schema.properties.ignore).toMatchObject({ type: 'array' });
  });
});
