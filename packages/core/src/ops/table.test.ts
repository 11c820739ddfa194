import { describe, expect, it } from 'vitest';
import { makeNode } from '../graph/attributes.ts';
import { describeCut } from './operator.case.ts';
import { knownOperators, operatorOf } from './table.ts';

describe('operatorOf', () => {
  it('finds operators of the default domain only', () => {
    const conv = makeNode('Conv', ['x', 'w'], ['y']);
    expect(operatorOf(conv)).toBeDefined();
    expect(operatorOf({ ...conv, domain: 'ai.onnx' })).toBe(operatorOf(conv));
    expect(operatorOf({ ...conv, domain: 'com.example' })).toBeUndefined();
    expect(operatorOf(makeNode('Convolution', [], []))).toBeUndefined();
  });
  it('lists every operator once, sorted', () => {
    const names = knownOperators();
    expect(names).toContain('Conv');
    expect(names).toEqual([...new Set(names)].sort());
  });
});

describe('barriers', () => {
  describeCut('an operator of another domain freezes what it reads', {
    domains: { 'com.microsoft': 1 },
    draw: ({ conv, op }, x) =>
      conv('b', op('com.microsoft::Gelu', [conv('a', x, [4, 3, 1, 1])]), [2, 4, 1, 1]),
    channels: { a: '....' },
    reasons: ['Gelu has no coupling rule'],
  });
  describeCut('an operator without a rule freezes what it reads', {
    draw: ({ g, conv, op }, x) =>
      conv(
        'b',
        op('CumSum', [conv('a', x, [4, 3, 1, 1]), g.constant({ dims: [], data: Int32Array.of(2) })]),
        [2, 4, 1, 1],
      ),
    channels: { a: '....' },
    reasons: ['CumSum has no coupling rule'],
  });
  describeCut('a body that captures a value freezes it', {
    draw: ({ g, conv, op }, x) => {
      const a = conv('a', x, [4, 3, 1, 1]);
      const condition = op('Greater', [op('ReduceMax', [x], { keepdims: 0 }), g.scalar(0)]);
      const branch = (opType: string) => g.subgraph(opType, (body) => body.output(body.node(opType, [a])));
      const chosen = op('If', [condition], { then_branch: branch('Relu'), else_branch: branch('Neg') });
      return conv('c', conv('b', chosen, [3, 4, 1, 1]), [2, 3, 1, 1]);
    },
    channels: { a: '....', b: 'abc' },
    reasons: ['If has a body that captures them'],
  });
});

describe('outputs and shared constants', () => {
  describeCut('two outputs, one of them read inside too', {
    draw: ({ conv, op }, x) => {
      const a = conv('a', x, [4, 3, 1, 1]);
      const b = op('Elu', [conv('b', a, [3, 4, 1, 1])]);
      const c = conv('c', b, [5, 3, 1, 1]);
      return [b, conv('d', c, [2, 5, 1, 1])];
    },
    channels: { a: 'abcd', c: 'efghi' },
  });
  describeCut('a weight with equal uses is cut once', {
    draw: ({ g, conv, op, weight }, x) => {
      const [a, b] = [conv('a', x, [4, 3, 1, 1]), conv('b', x, [4, 3, 1, 1])];
      const [kernel, both] = [weight(3, 4, 1, 1), op('Add', [a, b])];
      const twice = op('Add', [
        g.node('Conv', [both, kernel], {}, 'c'),
        g.node('Conv', [a, kernel], {}, 'd'),
      ]);
      return conv('e', twice, [2, 3, 1, 1]);
    },
    channels: { a: 'abcd', b: 'abcd', c: 'efg', d: 'efg' },
  });
  describeCut('a weight with differing uses gets a copy for each', {
    draw: ({ g, conv, weight }, x) => {
      const [a, b] = [conv('a', x, [4, 3, 1, 1]), conv('b', x, [4, 3, 1, 1])];
      const [kernel, bias] = [weight(3, 4, 1, 1), weight(3)];
      const outputs = [a, b].map((value, i) => g.node('Conv', [value, kernel, bias], {}, `c${i}`));
      return outputs.map((value, i) => conv(`d${i}`, value, [2, 3, 1, 1]));
    },
    channels: { a: 'abcd', b: 'efgh', c0: 'ijk', c1: 'lmn' },
  });
});
