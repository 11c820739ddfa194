// A small network with all that a division into layers has to tell apart: plain and depthwise convolutions, tails of one and of several nodes,
// a residual sum, a concatenation, a classifier.
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { convOn, drawWeights } from '../plan/analysed-net.case.ts';

/** x [1,3,8,8] → stem 16 → depth 16 (SiLU) → inner 12 → back 16, added to the stem; beside it side 8 of x; both concatenated → logits 5. */
export function mixedNet(): Model {
  const g = new GraphBuilder();
  const draw = drawWeights(2);
  const conv = convOn(g, draw);
  const x = g.input('x', [1, 3, 8, 8]);
  const stem = g.node('Relu', [conv(x, 3, 16, 'stem')]);
  const depth = conv(stem, 16, 16, 'depth', 16);
  const silu = g.node('Mul', [depth, g.node('Sigmoid', [depth])]);
  const inner = g.node('Relu', [conv(silu, 16, 12, 'inner')]);
  const sum = g.node('Add', [stem, conv(inner, 12, 16, 'back')], {}, 'sum');
  const side = g.node('Relu', [conv(x, 3, 8, 'side')]);
  const joined = g.node('Concat', [sum, side], { axis: 1 }, 'joined');
  const pooled = g.node('Flatten', [g.node('GlobalAveragePool', [joined])], {}, 'flat');
  g.output(g.node('Gemm', [pooled, g.constant(draw(24, 5))], {}, 'logits'), [1, 5]);
  return g.model();
}
