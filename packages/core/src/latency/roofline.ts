// The roofline: no layer is faster than its arithmetic at the processor's best, nor than its bytes at the memory's best
// (Roofline: An Insightful Visual Performance Model for Multicore Architectures, 2009).
import type { LayerCost } from '../cost/cost.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { elementCount } from '../onnx/tensor.ts';
import { createRandom } from '../random.ts';
import type { SpecimenTask, UnitSpecimen } from './unit-model.ts';

/** The best a device does, as measured. */
export interface Roofline {
  /** Multiply-accumulates per millisecond. */
  readonly macsPerMs: number;
  /** Bytes read and written per millisecond, from and to memory. */
  readonly bytesPerMs: number;
}

/** What bounds a layer, and the least time that leaves, milliseconds. */
export interface LayerBound {
  readonly ms: number;
  readonly by: 'arithmetic' | 'memory';
}

/** The bound of a layer at the first traced size: all that it reads and writes passes through memory once. */
export function boundLayer(traced: TracedModel, layer: LayerCost, roofline: Roofline): LayerBound {
  const { inputs } = traced.nodes[layer.node]!;
  const read = inputs
    .filter((name) => name !== '' && traced.kindOf(name) === 'activation')
    .reduce((sum, name) => sum + 4 * elementCount(tracedShape(traced, name)), 4 * layer.params);
  const arithmetic = layer.macs / roofline.macsPerMs;
  const memory = (read + layer.activationBytes) / roofline.bytesPerMs;
  return memory > arithmetic ? { ms: memory, by: 'memory' } : { ms: arithmetic, by: 'arithmetic' };
}

/** Widths of the layers that are nothing but arithmetic, and the map they run over: small enough for caches. */
const BUSY = { channels: [64, 128, 256], map: 28 } as const;
/** A product by channel over more than caches hold: 64 channels of 512×512 numbers, 64 MiB. */
const LARGE = [1, 64, 512, 512] as const;

/** Convolutions of which the best tells `macsPerMs`. */
export function arithmeticSpecimens(): readonly SpecimenTask[] {
  return BUSY.channels.map((channels) => {
    const input = [1, channels, BUSY.map, BUSY.map];
    const random = createRandom(channels);
    const data = Float32Array.from(
      { length: channels * channels * 9 },
      () => random.normal() / (3 * channels),
    );
    const specimen = specimenOf(input, (g, x) =>
      g.node('Conv', [x, g.constant({ dims: [channels, channels, 3, 3], data })], { pads: [1, 1, 1, 1] }),
    );
    return { specimen, macs: BUSY.map * BUSY.map * data.length };
  });
}

/** The product whose time tells `bytesPerMs`. */
export function memorySpecimen(): SpecimenTask & { readonly bytes: number } {
  const [, channels] = LARGE;
  const data = Float32Array.from({ length: channels }, (_, channel) => 1 + channel / channels);
  const specimen = specimenOf(LARGE, (g, x) =>
    g.node('Mul', [x, g.constant({ dims: [channels, 1, 1], data })]),
  );
  // Read, written, and read again by the average behind it.
  return { specimen, macs: elementCount(LARGE), bytes: 3 * 4 * elementCount(LARGE) };
}

function specimenOf(input: readonly number[], write: (g: GraphBuilder, x: string) => string): UnitSpecimen {
  const g = new GraphBuilder();
  const source = g.input('source', input);
  g.output(write(g, source));
  const { nodes, initializers } = g.model().graph;
  return { source, input, nodes, constants: initializers, opset: 17 };
}
