import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { describeCut, drawModel, type Pencil } from '../ops/operator.case.ts';
import { traceModel } from '../trace/trace.ts';
import { analyseCoupling } from './analyse.ts';

const engine = createOrtEngine();

/** Splits the channel axis into factors, turns them and merges them again. */
function shuffle({ op, g }: Pencil, value: string, rows: number, columns: number): string {
  const factors = op('Reshape', [value, g.integers([0, rows, columns, 6, 6])]);
  const turned = op('Transpose', [factors], { perm: [0, 2, 1, 3, 4] });
  return op('Reshape', [turned, g.integers([0, rows * columns, 6, 6])]);
}

describe('findDetours', () => {
  it('replaces a chain of movements by the positions it ends in', async () => {
    const draw = (p: Pencil, x: string) =>
      p.conv('b', shuffle(p, p.conv('a', x, [6, 3, 1, 1]), 2, 3), [2, 6, 1, 1]);
    const { detours, tangled } = analyseCoupling(await traceModel(drawModel({ draw }), engine));
    expect(detours).toHaveLength(1);
    const { from, to, axis, positions, through } = detours[0]!;
    expect({ from, to, axis, through }).toEqual({
      from: 'a_out',
      to: 'Reshape_1_out',
      axis: 1,
      through: ['Reshape_0_out', 'Transpose_0_out'],
    });
    expect([...positions]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...tangled.keys()]).toEqual(through);
  });

  it('drops a chain that leaves in another shape: nothing of it is tangled any more', async () => {
    const draw = (p: Pencil, x: string) => {
      const factors = p.op('Reshape', [p.conv('a', x, [6, 3, 1, 1]), p.g.integers([0, 2, 3, 6, 6])]);
      const turned = p.op('Transpose', [factors], { perm: [0, 2, 1, 3, 4] });
      const halves = p.g.nodes('Split', [turned], { axis: 2 }, 2);
      const flat = halves.map((half) => p.op('Reshape', [half, p.g.integers([0, 3, 6, 6])]));
      return flat.map((value, i) => p.conv(`b${i}`, value, [2, 3, 1, 1]));
    };
    const { groups, tangled, detours } = analyseCoupling(await traceModel(drawModel({ draw }), engine));
    expect(groups.every((group) => group.frozen)).toBe(true);
    expect([tangled.size, detours.length]).toEqual([0, 0]);
  });

  describeCut('a shuffle leaves every channel to itself', {
    draw: (p, x) => p.conv('b', shuffle(p, p.conv('a', x, [6, 3, 1, 1]), 3, 2), [2, 6, 1, 1]),
    channels: { a: 'abcdef' },
  });
  describeCut('two shuffles in a row', {
    draw: (p, x) => {
      const once = shuffle(p, p.conv('a', x, [8, 3, 1, 1]), 2, 4);
      return p.conv('b', shuffle(p, once, 2, 4), [2, 8, 1, 1]);
    },
    channels: { a: 'abcdefgh' },
  });
  describeCut('a shuffle between two grouped layers', {
    draw: (p, x) => {
      const a = p.conv('a', x, [8, 3, 1, 1]);
      const b = p.conv('b', a, [8, 4, 1, 1], { group: 2 });
      return p.conv('d', p.conv('c', shuffle(p, b, 2, 4), [8, 4, 1, 1], { group: 2 }), [2, 8, 1, 1]);
    },
    channels: { a: 'abcdefgh', b: 'ijklmnop', c: 'qrstuvwx' },
  });
  describeCut('a chain that ends in another shape cannot be one Gather', {
    draw: (p, x) => {
      const a = p.conv('a', x, [6, 3, 1, 1]);
      const factors = p.op('Reshape', [a, p.g.integers([2, 3, 36])]);
      const turned = p.op('Transpose', [factors], { perm: [1, 0, 2] });
      const flat = p.op('Reshape', [turned, p.g.integers([6, 36])]);
      return p.op('MatMul', [p.weight(2, 6), flat]);
    },
    channels: { a: '......' },
    reasons: ['Reshape moves channels in a way that is not followed'],
  });
});
