import { existsSync, readFileSync } from 'node:fs';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { analyseCoupling } from '../coupling/analyse.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { decodeModel } from '../onnx/codec.ts';
import type { Model } from '../onnx/model.ts';
import { createRandom } from '../random.ts';
import { traceModel } from '../trace/trace.ts';
import { computeImportance } from './importance.ts';
import { weightsOf } from './traced-weights.ts';

const engine = createOrtEngine();
const epsilon = 0.5;

/** conv -> BatchNormalization -> Mul by a vector -> conv; the second weight in half precision behind a Cast. */
function build() {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 1, 5, 5]);
  const first = g.constant(
    { dims: [2, 1, 3, 3], data: Array.from({ length: 18 }, (_, i) => i - 8) },
    'first',
  );
  const vector = (...data: number[]) => g.constant({ dims: [2], data });
  const bn = [vector(3, -4), vector(0, 1), vector(5, 6), vector(1.75, 3.5)];
  const scaled = g.node('BatchNormalization', [g.node('Conv', [x, first]), ...bn], { epsilon });
  const half = g.constant(
    { type: 'float16', dims: [1, 2, 1, 1], data: Uint16Array.of(0x3c00, 0xc000) },
    'half',
  ); // 1, -2
  const second = g.node('Cast', [half], { to: 1 });
  const tens = g.constant({ dims: [2, 1, 1], data: [10, 100] });
  g.output(g.node('Conv', [g.node('Mul', [scaled, tens]), second]), [1, 1, 3, 3]);
  return g.model();
}

const analyse = async (model: Model) => {
  const traced = await traceModel(model, engine);
  return { traced, coupling: analyseCoupling(traced), weights: weightsOf(traced) };
};

describe('weightsOf', () => {
  it('reads weights however they are stored, widened once', async () => {
    const { traced, weights } = await analyse(build());
    const convs = traced.nodes.flatMap((node, index) => (node.opType === 'Conv' ? index : []));
    expect(weights.read(convs[1]!, 1)).toEqual({ dims: [1, 2, 1, 1], data: Float32Array.of(1, -2) });
    expect(weights.read(convs[1]!, 1)).toBe(weights.read(convs[1]!, 1));
    expect(weights.read(convs[0]!, 0)).toBeUndefined();
    expect(weights.read(convs[0]!, 7)).toBeUndefined();
  });

  it('knows the factors of scales: γ / sqrt(var + ε), or the constant of a product', async () => {
    const { coupling, weights } = await analyse(build());
    const factors = coupling.flow.filter((step) => step.kind === 'scale').map(weights.scaleFactors);
    expect(factors).toEqual([Float64Array.of(3 / 1.5, -4 / 2), Float64Array.of(10, 100)]);
  });

  it('lets FSCL fold them', async () => {
    const { coupling, weights } = await analyse(build());
    const scores = await computeImportance(coupling, weights, 'fscl', { normalizer: 'none' });
    const bank = coupling.uses.find((use) => use.role === 'produce' && use.value === 'first')!;
    expect([...bank.labels].map((id) => scores[id])).toEqual([36 * 2 * 10, 45 * 2 * 100 * 2]);
  });
});

const folder = new URL('../../../../../shared/data/models/', import.meta.url);

describe.skipIf(!existsSync(folder))('trained models (skipped without the folder of shared models)', () => {
  const load = (name: string) => analyse(decodeModel(readFileSync(new URL(name, folder))));

  it.each(['yolov5n.onnx', 'yolov8n.onnx', 'pfld.onnx', 'nanodet-m.onnx', 'unet.onnx', 'ppocr-det.onnx'])(
    '%s: every criterion that needs no BatchNormalization judges every free channel',
    async (name) => {
      const { coupling, weights } = await load(name);
      for (const criterion of ['fscl', 'l1', 'l2', 'lamp', 'fpgm', 'random']) {
        const scores = await computeImportance(coupling, weights, criterion, { random: createRandom(1) });
        const silent = coupling.classes.filter(
          ({ id, frozen }) => frozen < 0 && !Number.isFinite(scores[id]!),
        );
        expect(silent, criterion).toEqual([]);
      }
    },
  );
});
