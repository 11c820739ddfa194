import { expect, it } from 'vitest';
import { layerOf } from '../page/small-run.case.ts';
import { buildGraph, foldChains } from './layer-graph.ts';

const chain = (count: number) =>
  Array.from({ length: count }, (_, i) => layerOf(`c${i}`, 8, 8, i + 1 < count ? [`c${i + 1}`] : []));

it('is a node per layer, joined forward', () => {
  const layers = [
    layerOf('a', 8, 8, ['b', 'c']),
    layerOf('b', 8, 8, ['c', 'a', 'b', 'gone']),
    layerOf('c', 8, 8, []),
  ];
  expect(buildGraph(layers)).toEqual([
    { layers: [0], readers: [1, 2] },
    { layers: [1], readers: [2] },
    { layers: [2], readers: [] },
  ]);
});

it('folds chains where there are too many nodes, and only then', () => {
  expect(buildGraph(chain(10), 10)).toHaveLength(10);
  expect(buildGraph(chain(11), 10)).toEqual([{ layers: [...Array(11).keys()], readers: [] }]);
});

it('keeps branches and meetings apart', () => {
  const node = (index: number, ...readers: number[]) => ({ layers: [index], readers });
  // 0 and 1 in a row, a branch of 2 and 3 beside 4, which meet in 5, then 6.
  const nodes = [node(0, 1), node(1, 2, 4), node(2, 3), node(3, 5), node(4, 5), node(5, 6), node(6)];
  expect(foldChains(nodes)).toEqual([
    { layers: [0, 1], readers: [1, 2] },
    { layers: [2, 3], readers: [3] },
    { layers: [4], readers: [3] },
    { layers: [5, 6], readers: [] },
  ]);
});
