import { describe, expect, it } from 'vitest';
import { parseMeasures, parseRates, parseShare, parseTarget } from './search-values.ts';

const refusal = (code: string, message: string) =>
  expect.objectContaining({ kind: 'usage', code, message: expect.stringContaining(message) });

describe('parseMeasures', () => {
  it('reads names, repeated or with commas', () => {
    expect(parseMeasures(['macs, params'])).toEqual(['macs', 'params']);
    expect(parseMeasures(['latency', 'macs'])).toEqual(['latency', 'macs']);
    expect(parseMeasures([])).toBeUndefined();
  });

  it('refuses others', () => {
    expect(() => parseMeasures(['macs,speed'])).toThrow(
      refusal('run.bad-score', "--score-by cannot be 'speed'."),
    );
  });
});

describe('parseShare', () => {
  it.each([
    ['1%', 0.01],
    [' 0.5 % ', 0.005],
    ['0.01', 0.01],
    ['.25', 0.25],
    ['0', 0],
    ['99.9%', 0.999],
  ])('reads %j', (text, value) => {
    expect(parseShare('--max-drop', text)).toBeCloseTo(value, 12);
  });

  it.each(['', '%', '1', '100%', '-1%', '1.', '1e-3', 'much', '1 2'])('refuses %j', (text) => {
    expect(() => parseShare('--max-drop', text)).toThrow(
      refusal('options.bad-share', `--max-drop cannot be '${text}'.`),
    );
  });
});

describe('parseTarget', () => {
  it('reads what is to be left of what', () => {
    expect(parseTarget('macs=0.4')).toEqual({ measure: 'macs', kept: 0.4 });
    expect(parseTarget('params=.5')).toEqual({ measure: 'params', kept: 0.5 });
  });

  it.each(['macs', 'macs=', 'macs=0', 'macs=1', 'macs=40%', 'speed=0.5', 'macs=0.4,params=0.5'])(
    'refuses %j',
    (text) => {
      expect(() => parseTarget(text)).toThrow(refusal('run.bad-target', `'${text}'`));
    },
  );

  it('says that there is none', () => {
    expect(() => parseTarget(undefined)).toThrow(refusal('run.bad-target', 'Nothing says where'));
  });
});

describe('parseRates', () => {
  it('reads lists in any order, each rate once', () => {
    expect(parseRates([])).toEqual([]);
    expect(parseRates(['0.5,25%', '0.5', '0.75'])).toEqual([0.25, 0.5, 0.75]);
  });

  it.each(['0', '1', '0.5,', '0%'])('refuses %j', (text) => {
    expect(() => parseRates([text])).toThrow(refusal('options.bad-share', '--rates cannot be'));
  });
});
