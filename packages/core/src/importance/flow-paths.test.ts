import { describe, expect, it } from 'vitest';
import { createFlowIndex, createFlowPaths, MAX_PATHS } from './flow-paths.ts';
import { startSketch } from './network-sketch.case.ts';

describe('createFlowPaths', () => {
  it('fans out over sums, multiplies scales, collects depthwise kernels in order', () => {
    const pencil = startSketch(0, (node) => node + 2);
    const x = pencil.conv(pencil.input(1), 2, [1, 1]); // node 0
    const y = pencil.depthwise(pencil.depthwise(pencil.scale(x), [3, 3]), [3, 3]); // 1 scales by 3; 2, 3
    const z = pencil.scale(pencil.add(x, y, pencil.pad(2))); // 4 scales by 6
    const net = pencil.finish();
    const walk = createFlowPaths(net.coupling, net.weights);
    const nodeOf = (use: number) => net.coupling.uses[use]!.node;
    const paths = walk(z.flow[1]!).map((path) => ({
      from: [nodeOf(path.use), path.row],
      factor: path.factor,
      through: path.kernels.map(({ use, row }) => [nodeOf(use), row]),
    }));
    expect(paths).toEqual([
      { from: [0, 1], factor: 6, through: [] },
      {
        from: [0, 1],
        factor: 18,
        through: [
          [2, 1],
          [3, 1],
        ],
      },
    ]);
    expect(walk(z.flow[1]!)).toBe(walk(z.flow[1]!));
    expect(walk(-1)).toEqual([]);
  });

  it('takes 1 for a scale whose factors are not known', () => {
    const pencil = startSketch(1);
    const x = pencil.scale(pencil.conv(pencil.input(1), 2, [1, 1]));
    const net = pencil.finish();
    const walk = createFlowPaths(net.coupling, { ...net.weights, scaleFactors: () => undefined });
    expect(walk(x.flow[0]!)[0]!.factor).toBe(1);
  });

  it('keeps the paths with the fewest kernels when sums double them without end', () => {
    const pencil = startSketch(1);
    let x = pencil.conv(pencil.input(1), 1, [1, 1]);
    for (let i = 0; i < 30; i++) x = pencil.add(x, pencil.depthwise(x, [3, 3]));
    const net = pencil.finish();
    const paths = createFlowPaths(net.coupling, net.weights)(x.flow[0]!);
    expect(paths.length).toBe(MAX_PATHS);
    const counts = [0, 1, 2].map((depth) => paths.filter((path) => path.kernels.length === depth).length);
    expect(counts).toEqual([1, 30, 435]); // every one of depth 0, 1 and 2
  });
});

describe('createFlowIndex', () => {
  it('finds the filter by the use that names the flow, not by the position in its step', () => {
    const pencil = startSketch(1);
    pencil.conv(pencil.input(1), 4, [1, 1]);
    const { coupling } = pencil.finish();
    const whole = coupling.uses.find((use) => use.role === 'produce')!;
    const half = (id: number, from: number) => {
      return {
        ...whole,
        id,
        flow: whole.flow.subarray(from, from + 2),
        labels: whole.labels.subarray(from, from + 2),
      };
    };
    const find = createFlowIndex({ flow: coupling.flow, uses: [half(0, 0), half(1, 2)] });
    expect(find(whole.flow[3]!)!.filter).toMatchObject({ use: { id: 1 }, row: 1 });
  });
});
