import { DEFAULT_MAX_RATIO } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from './resolve-options.ts';

const config = { path: '/there/espalier.yaml', values: { macs: 0.7, roundTo: 4, ignore: ['head*'] } };

describe('resolveOptions', () => {
  it('takes the flag before the variable, the variable before the file, the file before the default', () => {
    const { values, sources } = resolveOptions(
      'prune',
      { macs: '0.5' },
      { ESPALIER_MACS: '0.6', ESPALIER_ROUND_TO: '8' },
      config,
    );
    expect(values).toMatchObject({ macs: 0.5, roundTo: 8, ignore: ['head*'], maxRatio: DEFAULT_MAX_RATIO });
    expect(sources).toMatchObject({
      macs: 'flag',
      roundTo: 'environment',
      ignore: 'config',
      maxRatio: 'default',
    });
  });

  it('knows only the options of the command', () => {
    const { values } = resolveOptions('doctor', {}, { ESPALIER_MACS: 'nonsense' }, config);
    expect(Object.keys(values)).toEqual(['config', 'json', 'quiet']);
  });

  it('shows every option to config print', () => {
    const { values } = resolveOptions('config print', {}, {}, config);
    expect(values).toMatchObject({ macs: 0.7 });
  });

  it.each([
    ['true', true],
    ['0', false],
    ['No', false],
  ])('reads the switch %s from the environment', (text, value) => {
    expect(resolveOptions('prune', {}, { ESPALIER_VERIFY: text }, undefined).values.verify).toBe(value);
  });

  it('takes a number or the word auto for widths, from every source', () => {
    const roundTo = (flag?: string, environment: Readonly<Record<string, string>> = {}) =>
      resolveOptions('prune', flag === undefined ? {} : { roundTo: flag }, environment, undefined).values
        .roundTo;
    expect(roundTo('8')).toBe(8);
    expect(roundTo('auto')).toBe('auto');
    expect(roundTo(undefined, { ESPALIER_ROUND_TO: 'auto' })).toBe('auto');
    expect(roundTo()).toBe(1);
  });

  it('splits a list in the environment at commas', () => {
    const { values } = resolveOptions('prune', {}, { ESPALIER_IGNORE: 'a,b*' }, undefined);
    expect(values.ignore).toEqual(['a', 'b*']);
  });

  it.each([
    [{ macs: '1.2' }, {}, '--macs cannot be 1.2.', 'It takes a number above 0, below 1.'],
    [{ macs: 'most' }, {}, "--macs cannot be 'most'.", 'It takes a number above 0, below 1.'],
    [
      {},
      { ESPALIER_ROUND_TO: '2.5' },
      'ESPALIER_ROUND_TO cannot be 2.5.',
      'It takes a whole number at least 1, or auto.',
    ],
    [
      { roundTo: 'automatic' },
      {},
      "--round-to cannot be 'automatic'.",
      'It takes a whole number at least 1, or auto.',
    ],
    [{ criterion: 'l3' }, {}, "--criterion cannot be 'l3'.", "Did you mean 'l1'? It takes one of fscl, "],
  ])('refuses %o %o by the name of its place', (flags, environment, message, hint) => {
    expect(() => resolveOptions('prune', flags, environment, undefined)).toThrow(
      expect.objectContaining({
        ...{ code: 'options.bad-value', kind: 'usage', message },
        hint: expect.stringContaining(hint),
      }),
    );
  });
});
