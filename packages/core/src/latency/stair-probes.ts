// The layers by which a device's stairs are found: a 3×3 convolution over a 28×28 map, at every width around two steps of the widest vectors.
import { GraphBuilder } from '../graph/builder.ts';
import { createRandom } from '../random.ts';
import type { SpecimenTask } from './unit-model.ts';

/** Which width is varied. */
export type StairSide = 'inputs' | 'outputs';

/** Widths that are tried: two steps of 16, which every period up to 16 divides, and the edge above them. */
export const STAIR_WIDTHS: readonly number[] = Array.from({ length: 33 }, (_, i) => 32 + i);
/** The other width. */
const OTHER = 64;
const MAP = 28;

/** The convolution with a ReLU behind it, at one width of one side. */
export function stairSpecimen(side: StairSide, width: number): SpecimenTask {
  const [inputs, outputs] = side === 'inputs' ? [width, OTHER] : [OTHER, width];
  const random = createRandom(width);
  const g = new GraphBuilder();
  const input = [1, inputs, MAP, MAP];
  const x = g.input('source', input);
  const data = Float32Array.from({ length: outputs * inputs * 9 }, () => random.normal() / 24);
  const weight = g.constant({ dims: [outputs, inputs, 3, 3], data }, 'weight');
  g.output(g.node('Relu', [g.node('Conv', [x, weight], { pads: [1, 1, 1, 1] })]));
  const { nodes, initializers } = g.model().graph;
  const specimen = { source: x, input, nodes, constants: initializers, opset: 17 };
  return { specimen, macs: MAP * MAP * data.length };
}
