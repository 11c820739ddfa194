// A small network with everything a report can show, analysed for real: a residual sum, a concatenation, a frozen convolution.
import {
  analyseCoupling,
  createCostModel,
  createRandom,
  encodedSize,
  GraphBuilder,
  type Model,
  traceModel,
} from '@espalier/core';
import { type Analysis, createOrtEngine } from '@espalier/node';

/** The network: input 1x3x8x8, output 1x5. */
export function smallNetwork(): Model {
  const random = createRandom(7);
  const g = new GraphBuilder({ name: 'small' });
  const weight = (...dims: number[]): string => {
    const count = dims.reduce((a, b) => a * b, 1);
    return g.constant({ dims, data: Float32Array.from({ length: count }, () => random.normal() / 4) });
  };
  const same = { pads: [1, 1, 1, 1] };
  const x = g.input('x', [1, 3, 8, 8]);
  const stem = g.node('Relu', [g.node('Conv', [x, weight(8, 3, 3, 3), weight(8)], same, 'stem')]);
  const inner = g.node('Relu', [g.node('Conv', [stem, weight(6, 8, 3, 3)], same, 'inner')]);
  const sum = g.node('Add', [stem, g.node('Conv', [inner, weight(8, 6, 3, 3)], same, 'back')]);
  const held = g.node('Softmax', [g.node('Conv', [sum, weight(4, 8, 1, 1)], {}, 'held')], { axis: 1 });
  const joined = g.node('Concat', [sum, held], { axis: 1 });
  const pooled = g.node('Flatten', [g.node('GlobalAveragePool', [joined])]);
  g.output(g.node('Gemm', [pooled, weight(12, 5), weight(5)], {}, 'logits'), [1, 5]);
  return g.model();
}

/** Its analysis, as if read from `small.onnx`. */
export async function smallAnalysis(): Promise<Analysis> {
  const model = smallNetwork();
  const traced = await traceModel(model, createOrtEngine());
  const coupling = analyseCoupling(traced);
  return {
    file: { model, bytes: encodedSize(model), sha256: '0'.repeat(64), path: '/models/small.onnx' },
    traced,
    coupling,
    cost: createCostModel(traced, coupling),
    notes: ['an example of a note'],
  };
}
