import { describe, expect, it } from 'vitest';
import { findSchemaProblem, type JsonSchema } from './json-schema.ts';

const schema: JsonSchema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z]+$' },
    kind: { enum: ['one', 'two'] },
    sizes: { type: 'array', items: { type: 'integer', minimum: 1 } },
    version: { const: 3 },
    open: { type: 'object' },
  },
};

describe('findSchemaProblem', () => {
  it('finds nothing in a document that fits', () => {
    const value = { name: 'a', kind: 'two', sizes: [1, 2], version: 3, open: { anything: [null] } };
    expect(findSchemaProblem(schema, value)).toBeUndefined();
  });

  it.each([
    [[], '', 'a list', 'an object'],
    [null, '', 'null', 'an object'],
    ['text', '', "'text'", 'an object'],
    [{}, 'name', 'missing', 'required'],
    [{ name: 1 }, 'name', '1', 'a string'],
    [{ name: 'A1' }, 'name', "'A1'", 'text like ^[a-z]+$'],
    [{ name: 'a', kind: 'three' }, 'kind', "'three'", "'one' or 'two'"],
    [{ name: 'a', sizes: { 0: 1 } }, 'sizes', 'an object', 'a list'],
    [{ name: 'a', sizes: [4, 0] }, 'sizes[1]', '0', 'at least 1'],
    [{ name: 'a', sizes: [1.5] }, 'sizes[0]', '1.5', 'an integer'],
    [{ name: 'a', sizes: ['1'] }, 'sizes[0]', "'1'", 'an integer'],
    [{ name: 'a', version: 2 }, 'version', '2', '3'],
    [{ name: 'a', open: [] }, 'open', 'a list', 'an object'],
    [{ name: 'a', naem: 'b' }, 'naem', 'present', 'one of name, kind, sizes, version, open'],
  ])('%j breaks at %s', (value, path, found, expected) => {
    expect(findSchemaProblem(schema, value)).toEqual({ path, found, expected });
  });

  it('does not take inherited names for properties', () => {
    const value = JSON.parse('{"name": "a", "toString": 1}');
    expect(findSchemaProblem(schema, value)?.path).toBe('toString');
  });
});
