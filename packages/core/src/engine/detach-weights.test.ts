import { expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { detachWeights, weightBytes } from './detach-weights.ts';

function model() {
  const g = new GraphBuilder();
  g.constant({ dims: [4], data: [1, 2, 3, 4] }, 'large');
  g.constant({ dims: [1], data: [1] }, 'small');
  return g.model();
}

it('hands out the large weights by reference and leaves the small ones', () => {
  const before = model();
  const { model: after, files } = detachWeights(before, 16);
  const [large, small] = after.graph.initializers;
  expect(files).toEqual([{ location: 'espalier-weight-0', data: before.graph.initializers[0]?.raw }]);
  expect(files[0]?.data).toBe(before.graph.initializers[0]?.raw);
  expect(large).toEqual({
    name: 'large',
    dims: [4],
    dataType: 1,
    external: { location: 'espalier-weight-0', offset: 0, length: 16 },
  });
  expect(small).toBe(before.graph.initializers[1]);
  expect(before).toEqual(model());
});

it('counts the bytes that would be joined', () => {
  expect(weightBytes(model())).toBe(20);
  expect(weightBytes(detachWeights(model(), 1).model)).toBe(0);
});
