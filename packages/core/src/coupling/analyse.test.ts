import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import { drawModel, type Pencil } from '../ops/operator.case.ts';
import { traceModel } from '../trace/trace.ts';
import { analyseCoupling } from './analyse.ts';

const engine = createOrtEngine();

/** The groups of a model, a line each: root, number of classes, uses, and why they are frozen. */
async function printGroups(model: Model): Promise<readonly string[]> {
  const traced = await traceModel(model, engine);
  const { groups, uses, reasons } = analyseCoupling(traced);
  return groups.map((group) => {
    const root = group.root < 0 ? 'none' : nodeId(traced.nodes[group.root]!).replace('_out', '');
    const list = group.incidence.map(({ use, count }) => {
      const { node, role, input, axis } = uses[use]!;
      const name = nodeId(traced.nodes[node]!).replace('_out', '');
      return `${role} ${name}[${input}].${axis}${count > 1 ? `×${count}` : ''}`;
    });
    const held = group.frozen ? ` | ${reasons[group.reason]!.text}` : '';
    return `${root} ${group.classes.length}: ${list.join(', ')}${held}`;
  });
}

describe('groups of small networks', () => {
  it('a residual block: the sum ties stem and second layer', async () => {
    const model = drawModel({
      draw: ({ conv, op }: Pencil, x) => {
        const stem = conv('stem', x, [4, 3, 1, 1]);
        const inner = conv('inner', stem, [5, 4, 1, 1]);
        return conv('head', op('Add', [stem, conv('back', inner, [4, 5, 1, 1])]), [2, 4, 1, 1]);
      },
    });
    expect(await printGroups(model)).toEqual([
      'stem 4: produce stem[1].0, produce stem[2].0, consume inner[1].1, produce back[1].0, produce back[2].0, consume head[1].1',
      'inner 5: produce inner[1].0, produce inner[2].0, consume back[1].1',
      'head 2: produce head[1].0, produce head[2].0 | is an output of the model',
    ]);
  });

  it('a split layer owns a group per half', async () => {
    const model = drawModel({
      draw: ({ g, conv, op }: Pencil, x) => {
        const [left, right] = g.nodes('Split', [conv('a', x, [6, 3, 1, 1])], { axis: 1 }, 2);
        const joined = op('Concat', [left!, conv('b', right!, [3, 3, 1, 1])], { axis: 1 });
        return conv('c', joined, [2, 6, 1, 1]);
      },
    });
    expect(await printGroups(model)).toEqual([
      'a 3: produce a[1].0, produce a[2].0, consume c[1].1',
      'a 3: produce a[1].0, produce a[2].0, consume b[1].1',
      'b 3: produce b[1].0, produce b[2].0, consume c[1].1',
      'c 2: produce c[1].0, produce c[2].0 | is an output of the model',
    ]);
  });

  it('a classifier reads every channel as often as it has positions', async () => {
    const model = drawModel({
      draw: ({ conv, op, weight, g }: Pencil, x) => {
        const flat = op('Flatten', [conv('a', x, [4, 3, 5, 5])]);
        return g.node('Gemm', [flat, weight(16, 2)], {}, 'b');
      },
    });
    expect(await printGroups(model)).toEqual([
      'a 4: produce a[1].0, produce a[2].0, consume b[1].0×4',
      'b 2: produce b[1].1 | is an output of the model',
    ]);
  });

  it('padding has no root and nothing to gain', async () => {
    const model = drawModel({
      draw: ({ g, conv, op }: Pencil, x) => {
        const padded = op('Pad', [conv('a', x, [4, 3, 1, 1]), g.integers([0, 0, 0, 0, 0, 2, 0, 0])]);
        return conv('b', padded, [2, 6, 1, 1]);
      },
    });
    expect(await printGroups(model)).toEqual([
      'a 4: produce a[1].0, produce a[2].0, consume b[1].1',
      'b 2: produce b[1].0, produce b[2].0 | is an output of the model',
      'none 2: consume b[1].1 | only pads; no weight makes these channels',
    ]);
  });
});

describe('analyseCoupling', () => {
  it('remembers where channels come from before ties', async () => {
    const model = drawModel({
      draw: ({ conv, op, weight }: Pencil, x) => {
        const [a, b] = [conv('a', x, [4, 3, 1, 1]), conv('b', x, [4, 3, 1, 1])];
        const scaled = op('Mul', [a, weight(4, 1, 1)]);
        return conv('c', op('Add', [scaled, b]), [2, 4, 1, 1]);
      },
    });
    const { flow, uses } = analyseCoupling(await traceModel(model, engine));
    expect(flow.map(({ kind, base, sources }) => [kind, base, sources.map((s) => s[0])])).toEqual([
      ['produce', 0, []],
      ['produce', 4, []],
      ['scale', 8, [0]],
      ['sum', 12, [8, 4]],
      ['produce', 16, []],
    ]);
    const reader = uses.findLast((use) => use.role === 'consume')!;
    expect([...reader.flow]).toEqual([12, 13, 14, 15]);
    expect([...reader.labels]).toEqual([0, 1, 2, 3]);
  });

  it('asks for equal counts at both sides of a grouped layer', async () => {
    const model = drawModel({
      draw: ({ conv }: Pencil, x) => {
        const grouped = conv('b', conv('a', x, [4, 3, 1, 1]), [6, 2, 1, 1], { group: 2 });
        return conv('c', grouped, [2, 6, 1, 1]);
      },
    });
    const { constraints } = analyseCoupling(await traceModel(model, engine));
    expect(constraints.map(({ side, blocks }) => [side, blocks.map((block) => [...block])])).toEqual([
      [
        'in',
        [
          [0, 1],
          [2, 3],
        ],
      ],
      [
        'out',
        [
          [4, 5, 6],
          [7, 8, 9],
        ],
      ],
    ]);
  });

  it('names labels of a value only along the axis they vary on', async () => {
    const model = drawModel({
      draw: ({ g, conv, op }: Pencil, x) => {
        const a = conv('a', x, [4, 3, 1, 1]);
        const rows = op('Reshape', [a, g.integers([1, 2, 2, 6, 6])]);
        return conv('b', op('Reshape', [op('Exp', [rows]), g.integers([1, 4, 6, 6])]), [2, 4, 1, 1]);
      },
    });
    const { values, groups } = analyseCoupling(await traceModel(model, engine));
    expect(groups.every((group) => group.frozen)).toBe(true);
    for (const axes of values.values()) for (const { labels } of axes) expect(labels.length).toBeLessThan(5);
  });
});
