import { DEFAULT_MAX_RATIO } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { kebabName } from './option-row.ts';
import { type OptionName, options } from './options.ts';
import { configFileSchema, configJsonSchema, valueSchema } from './value-schema.ts';

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

describe('configFileSchema', () => {
  it('accepts options and nothing else', () => {
    const schema = configFileSchema();
    expect(schema.safeParse({ macs: 0.6, 'round-to': 8 }).success).toBe(true);
    expect(schema.safeParse({ macs: 0.6, roundTo: 8 }).success).toBe(false);
    expect(schema.safeParse({ config: 'other.yaml' }).success).toBe(false);
  });
});

describe('configJsonSchema', () => {
  it('describes every key with its text, bounds and default', () => {
    const { properties, additionalProperties } = configJsonSchema() as {
      properties: Record<string, unknown>;
      additionalProperties: boolean;
    };
    expect(additionalProperties).toBe(false);
    expect(Object.keys(properties)).toEqual(names.filter((name) => name !== 'config').map(kebabName));
    expect(properties['max-ratio']).toEqual({
      description: options.maxRatio.text,
      default: DEFAULT_MAX_RATIO,
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
    });
  });
});
