import { describe, expect, it } from 'vitest';
import { NONE } from '../labels/label-tensor.ts';
import { openLedger } from './ledger.ts';

const step = { node: 0, kind: 'produce', sources: [] } as const;
const because = (node: number) => ({ node, opType: 'Softmax', value: 'x', text: 'mixes all channels' });

describe('minting', () => {
  it('numbers ids one after the other and remembers the step', () => {
    const ledger = openLedger();
    expect(ledger.mint(step, 3, -1)).toEqual(Int32Array.of(0, 1, 2));
    expect(ledger.mint({ ...step, node: 4 }, 2, -1)).toEqual(Int32Array.of(3, 4));
    expect(ledger.size).toBe(5);
    expect(ledger.steps.map(({ node, base, count }) => [node, base, count])).toEqual([
      [0, 0, 3],
      [4, 3, 2],
    ]);
  });
  it('ties new ids to their sources', () => {
    const ledger = openLedger();
    const [a, b] = [ledger.mint(step, 2, -1), ledger.mint(step, 2, -1)];
    const sum = ledger.mint({ node: 1, kind: 'sum', sources: [a, b] }, 2, -1);
    expect(ledger.find(sum[0]!)).toBe(ledger.find(b[0]!));
    expect(ledger.find(a[0]!)).toBe(ledger.find(b[0]!));
    expect(ledger.find(a[0]!)).not.toBe(ledger.find(a[1]!));
  });
  it('outgrows its first tables', () => {
    const ledger = openLedger();
    const many = ledger.mint(step, 3000, -1);
    ledger.tie(many[0]!, many[2999]!, -1);
    const more = ledger.mint(step, 3000, -1);
    expect(ledger.find(2999)).toBe(0);
    expect(ledger.find(more[2999]!)).toBe(5999);
    expect(ledger.reasonOf(5999)).toBe(-1);
  });
});

describe('ties and reasons', () => {
  it('keeps the oldest id as the representative', () => {
    const ledger = openLedger();
    ledger.mint(step, 4, -1);
    ledger.tie(3, 2, -1);
    ledger.tie(2, 1, -1);
    expect([0, 1, 2, 3].map((id) => ledger.find(id))).toEqual([0, 1, 1, 1]);
  });
  it('freezes a channel that is tied to none', () => {
    const ledger = openLedger();
    ledger.mint(step, 2, -1);
    const reason = ledger.reason(because(1));
    ledger.tie(NONE, 1, reason);
    expect([0, 1].map((id) => ledger.reasonOf(id))).toEqual([-1, reason]);
  });
  it('carries the reason over to what is tied later, the first one wins', () => {
    const ledger = openLedger();
    ledger.mint(step, 3, -1);
    const [first, second] = [ledger.reason(because(1)), ledger.reason(because(2))];
    ledger.freeze(2, first);
    ledger.tie(0, 2, -1);
    ledger.freeze(0, second);
    ledger.freeze(NONE, second);
    expect(ledger.reasonOf(ledger.find(2))).toBe(first);
    expect(ledger.reasonOf(1)).toBe(-1);
  });
  it('states equal reasons once', () => {
    const ledger = openLedger();
    expect(ledger.reason(because(1))).toBe(ledger.reason(because(1)));
    expect(ledger.reason(because(2))).toBe(1);
    expect(ledger.reasons).toHaveLength(2);
  });
});
