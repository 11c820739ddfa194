// What espalier finds in a network, against the connectivity its authors wrote down by hand.
import { analyseCoupling, type ConnectivityRow, connectivity, type Model, traceModel } from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { architectures } from './fixtures/architectures/index.ts';
import { yolov7Connectivity, yolov7TinyConnectivity } from './fixtures/yolov7/connectivity.ts';
import { buildYolov7, buildYolov7Tiny } from './fixtures/yolov7/topology.ts';

const engine = createOrtEngine();

/** The rows with convolutions numbered in execution order instead of by node, and the numbers of those that can be cut. */
async function derive(model: Model) {
  const traced = await traceModel(model, engine);
  const coupling = analyseCoupling(traced);
  const rows = connectivity(traced, coupling);
  const numbers = new Map(rows.map(({ node }, number) => [node, number]));
  const free = new Set(
    coupling.uses
      .filter((use) => use.role === 'produce' && use.labels.some((id) => coupling.classes[id]?.frozen === -1))
      .map((use) => numbers.get(use.node)!),
  );
  const renumber = ({ consumers, sizes }: ConnectivityRow) => ({
    consumers: consumers.map(({ node, slot }) => ({ node: numbers.get(node)!, slot })),
    sizes,
  });
  return { rows: rows.map(renumber), free };
}

describe.each([
  { name: 'YOLOv7', build: buildYolov7, oracle: yolov7Connectivity, counts: [92, 89, 24] },
  { name: 'YOLOv7-tiny', build: buildYolov7Tiny, oracle: yolov7TinyConnectivity, counts: [58, 55, 18] },
])('the connectivity of $name', ({ build, oracle, counts }) => {
  it('is derived from the graph row by row: consumers, slots and sizes', async () => {
    const { rows, free } = await derive(build());
    expect(rows).toEqual(oracle);
    expect([rows.length, free.size, rows.filter(({ sizes }) => sizes.length > 0).length]).toEqual(counts);
    // The convolutions that cannot go are those of the head, which nothing reads.
    expect([...free]).toEqual([...oracle.keys()].filter((number) => oracle[number]!.consumers.length > 0));
  });
});

/** Rows as text: `3: 4.0 6.2 < 12 12`, consumers with their slots, then the sizes of the row's own input. */
async function print(name: string): Promise<readonly string[]> {
  const { rows } = await derive(architectures.find((architecture) => architecture.name === name)!.build());
  return rows.map(({ consumers, sizes }, number) => {
    const ends = consumers.map(({ node, slot }) => `${node}.${slot}`);
    return [`${number}:`, ...ends, ...(sizes.length > 0 ? ['<', ...sizes] : [])].join(' ');
  });
}

describe('the connectivity of', () => {
  it('a C2f block joins both halves of its split in one slot and follows them through the residual sums', async () => {
    expect(await print('c2f-block')).toEqual([
      '0: 1.0',
      '1: 2.0 4.0 6.0 6.1 6.2',
      '2: 3.0',
      '3: 4.0 6.1 6.2',
      '4: 5.0',
      '5: 6.2',
      '6: 7.0 < 24 12 12',
      '7:',
    ]);
  });

  it('a fast pyramid pooling lists its consumer once per pool', async () => {
    expect(await print('sppf-block')).toEqual(['0: 1.0', '1: 2.0 2.1 2.2 2.3', '2: 3.0 < 8 8 8 8', '3:']);
  });

  it('a cross-stage block of slices reads half of a convolution and joins the whole of it again', async () => {
    expect(await print('csp-slice-block')).toEqual([
      '0: 1.0',
      '1: 2.0 5.0',
      '2: 3.0 4.1',
      '3: 4.0',
      '4: 5.1 < 8 8',
      '5: < 16 16',
    ]);
  });
});
