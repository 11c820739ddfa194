import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { createCostModel } from '../cost/cost.ts';
import { analyseCoupling } from '../coupling/analyse.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { traceModel } from '../trace/trace.ts';
import { arithmeticSpecimens, boundLayer, memorySpecimen } from './roofline.ts';
import { buildUnitModel, UNIT_INPUT } from './unit-model.ts';

const engine = createOrtEngine();

describe('boundLayer', () => {
  it('takes the longer of arithmetic and memory', async () => {
    const g = new GraphBuilder();
    const weight = g.constant({ dims: [4, 2, 3, 3], data: new Float32Array(72) });
    g.output(g.node('Conv', [g.input('x', [1, 2, 10, 10]), weight]), [1, 4, 8, 8]);
    const traced = await traceModel(g.model(), engine);
    const [layer] = createCostModel(traced, analyseCoupling(traced)).layers();
    // 8·8·4 outputs of 18 products each; 200 numbers read, 72 weights, 256 written.
    expect(layer).toMatchObject({ macs: 4608 });
    expect(boundLayer(traced, layer!, { macsPerMs: 4608, bytesPerMs: 1e9 })).toEqual({
      ms: 1,
      by: 'arithmetic',
    });
    expect(boundLayer(traced, layer!, { macsPerMs: 1e9, bytesPerMs: 4 * 528 })).toEqual({
      ms: 1,
      by: 'memory',
    });
  });
});

it.each(
  [...arithmeticSpecimens(), memorySpecimen()].map((task) => [task.specimen.input.join('×'), task] as const),
)('specimens over %s run', async (_, { specimen }) => {
  const session = await engine.load(buildUnitModel(specimen, 1), { threads: 1 });
  try {
    const size = specimen.input.reduce((a, b) => a * b, 1);
    const x = { type: 'float32', dims: specimen.input, data: new Float32Array(size).fill(1) } as const;
    const [out] = Object.values(await session.run({ [UNIT_INPUT]: x }));
    expect(toFloat32(out!).some((value) => value !== 0)).toBe(true);
  } finally {
    await session.close();
  }
});
