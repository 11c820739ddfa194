import { describe, expect, it } from 'vitest';
import { float } from './attribute-value.ts';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  makeNode,
  stringAttribute,
  subgraphsOf,
  tensorAttribute,
  withAttribute,
  withoutAttribute,
} from './attributes.ts';
import { GraphBuilder } from './builder.ts';

const node = makeNode('Op', ['x'], ['y'], {
  axis: -1,
  end: 2n ** 63n - 1n,
  pads: [0, 1],
  mode: 'reflect',
  alpha: float(2),
  value: { type: 'float32', dims: [2], data: Float32Array.of(1, 2) },
});

describe('reading', () => {
  it('finds attributes by name and type', () => {
    expect(intAttribute(node, 'axis', 0)).toBe(-1);
    expect(intAttribute(node, 'end', 0)).toBeGreaterThan(2 ** 62);
    expect(intsAttribute(node, 'pads')).toEqual([0, 1]);
    expect(stringAttribute(node, 'mode', 'constant')).toBe('reflect');
    expect(floatAttribute(node, 'alpha', 1)).toBe(2);
    expect(tensorAttribute(node, 'value')?.dims).toEqual([2]);
  });
  it('falls back where there is none', () => {
    expect(intAttribute(node, 'group', 1)).toBe(1);
    expect(intsAttribute(node, 'axes')).toBeUndefined();
    expect(stringAttribute(node, 'auto_pad', 'NOTSET')).toBe('NOTSET');
    expect(floatAttribute(node, 'beta', 0.5)).toBe(0.5);
    expect(tensorAttribute(node, 'zero')).toBeUndefined();
  });
  it('lists the graphs a node holds', () => {
    const g = new GraphBuilder();
    const body = g.subgraph('body', (b) => b.output(b.scalar(1)));
    expect(subgraphsOf(makeNode('If', ['c'], ['y'], { then_branch: body, else_branch: body }))).toEqual([
      body,
      body,
    ]);
    expect(subgraphsOf(node)).toEqual([]);
  });
});

describe('replacing', () => {
  it('sets one attribute and leaves the node it was given alone', () => {
    const changed = withAttribute(withAttribute(node, 'axis', 2), 'split', [3, 4]);
    expect(intAttribute(changed, 'axis', 0)).toBe(2);
    expect(intsAttribute(changed, 'split')).toEqual([3, 4]);
    expect(changed.attributes).toHaveLength(node.attributes.length + 1);
    expect(intAttribute(node, 'axis', 0)).toBe(-1);
  });
  it('removes one attribute', () => {
    expect(withoutAttribute(node, 'mode').attributes.map((a) => a.name)).toEqual([
      'axis',
      'end',
      'pads',
      'alpha',
      'value',
    ]);
  });
});

describe('makeNode', () => {
  it('is called like its first output', () => {
    expect(node).toMatchObject({ opType: 'Op', inputs: ['x'], outputs: ['y'], name: 'y' });
    expect(makeNode('Op', [], []).name).toBe('Op');
  });
});
