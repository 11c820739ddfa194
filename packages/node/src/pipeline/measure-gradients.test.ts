import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { type Analysis, analyseFile } from './analyse-file.ts';
import { follow } from './events.ts';
import { measureGradients } from './measure-gradients.ts';
import { pictureSet, writeSmallModel } from './small-file.case.ts';

const engine = createOrtEngine();
let file: Awaited<ReturnType<typeof writeSmallModel>>;
let analysis: Analysis;
beforeAll(async () => {
  file = await writeSmallModel();
  analysis = await follow(analyseFile(file.path, { engine }));
});
afterAll(() => file.close());

const measure = (count: number, seed = 0) =>
  follow(measureGradients(analysis, { engine, ...pictureSet(count) }, { seed }));

describe('measureGradients', () => {
  it('has one vector per full batch for every weight that makes channels', async () => {
    const { products } = await measure(20);
    const uses = [...products.keys()].map((id) => analysis.coupling.uses[id]!);
    expect(uses.map(({ role }) => role)).toEqual(['produce', 'produce', 'produce']);
    for (const { id, labels } of uses) {
      const batches = products.get(id)!;
      expect(batches).toHaveLength(2);
      for (const sums of batches) expect(sums).toHaveLength(labels.length);
    }
  });

  it('draws its signs by seed', async () => {
    expect(await measure(8, 1)).toEqual(await measure(8, 1));
    expect(await measure(8, 1)).not.toEqual(await measure(8, 2));
  });
});
