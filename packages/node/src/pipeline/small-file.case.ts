// A small model in a file of its own, for the tests of the pipeline.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createRandom,
  type Dataset,
  GraphBuilder,
  type Model,
  type Preprocess,
  type Sample,
  UNTOUCHED,
} from '@espalier/core';
import { writeModel } from '../models/write-model.ts';

/** Two convolutions and a Gemm over 3x8x8 images with an open batch; the first weight holds one denormal number. */
export function smallModel(): Model {
  const random = createRandom(3);
  const g = new GraphBuilder();
  const weight = (...dims: number[]): string => {
    const count = dims.reduce((a, b) => a * b, 1);
    return g.constant({
      dims,
      data: Float32Array.from({ length: count }, (_, i) => (i ? random.normal() : 1e-40)),
    });
  };
  const same = { pads: [1, 1, 1, 1] };
  const x = g.input('x', ['N', 3, 8, 8]);
  const first = g.node('Relu', [g.node('Conv', [x, weight(16, 3, 3, 3)], same, 'first')]);
  const second = g.node('Relu', [g.node('Conv', [first, weight(8, 16, 3, 3)], same, 'second')]);
  const pooled = g.node('Flatten', [g.node('GlobalAveragePool', [second])]);
  g.output(g.node('Gemm', [pooled, weight(8, 4)], {}, 'logits'), ['N', 4]);
  return g.model();
}

/** Its path in a new folder, and what removes the folder. */
export async function writeSmallModel(): Promise<{ readonly path: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-pipeline-'));
  const path = join(folder, 'small.onnx');
  await writeModel(path, smallModel());
  return { path, close: () => rm(folder, { recursive: true }) };
}

/** So many 3x8x8 arrays of noise without labels for {@link smallModel}, each element times `brightness`. */
export function pictureSet(
  count: number,
  brightness = 1,
): { readonly dataset: Dataset; readonly preprocess: Preprocess } {
  const sampleAt = async (position: number): Promise<Sample> => {
    const random = createRandom(position);
    const data = Float32Array.from({ length: 192 }, () => brightness * random.normal());
    return {
      id: String(position),
      input: { kind: 'array', array: { type: 'float32', dims: [3, 8, 8], data } },
      target: { kind: 'none' },
    };
  };
  const dataset: Dataset = {
    name: 'noise',
    kind: 'arrays',
    size: count,
    description: 'noise',
    choice: 'the first',
    async *samples({ limit = count } = {}) {
      for (let position = 0; position < Math.min(limit, count); position++) yield sampleAt(position);
    },
    sampleAt,
  };
  return { dataset, preprocess: UNTOUCHED };
}
