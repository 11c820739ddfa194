import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId } from '../graph/traced-model.ts';
import { analyse, convOn, type residualNet } from '../plan/analysed-net.case.ts';
import { groupsNear } from './neighbours.ts';

/** Names of the groups near those with the given roots. */
async function near(model: ReturnType<typeof residualNet>, ...roots: readonly string[]) {
  const { traced, coupling } = await analyse(model);
  const nameOf = (root: number) => (root < 0 ? '' : nodeId(traced.nodes[root]!));
  const changed = coupling.groups.filter(({ root }) => roots.includes(nameOf(root))).map(({ id }) => id);
  return [...groupsNear(coupling, new Set(changed))].map((id) => nameOf(coupling.groups[id]!.root)).sort();
}

describe('groupsNear', () => {
  it('finds the groups before and after along a chain, and no further', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g);
    let x = g.input('x', [1, 3, 8, 8]);
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries())
      x = g.node('Relu', [conv(x, i === 0 ? 3 : 4, 4, name)]);
    g.output(x, [1, 4, 8, 8]);
    const chain = g.model();
    expect(await near(chain, 'b_out')).toEqual(['a_out', 'b_out', 'c_out']);
    expect(await near(chain, 'a_out', 'c_out')).toEqual(['a_out', 'b_out', 'c_out', 'd_out']);
    expect(await near(chain)).toEqual([]);
  });

  it('finds what is concatenated with a group', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g);
    const x = g.input('x', [1, 3, 8, 8]);
    const parts = [conv(x, 3, 4, 'left'), conv(x, 3, 6, 'right')];
    const joined = g.node('Concat', parts, { axis: 1 });
    g.output(conv(conv(joined, 10, 4, 'after'), 4, 4, 'head'), [1, 4, 8, 8]);
    expect(await near(g.model(), 'left_out')).toEqual(['after_out', 'left_out', 'right_out']);
  });
});
