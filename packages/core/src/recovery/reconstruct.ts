// Reconstruction: layer by layer, the weights a cut left are fitted by least squares to what the original computed.
import type { Coupling } from '../coupling/coupling.ts';
import type { KeepMask } from '../coupling/survivors.ts';
import type { Engine } from '../engine/engine.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { createRandom } from '../random.ts';
import { traceModel } from '../trace/trace.ts';
import { Frontier } from './frontier.ts';
import { fromMatrix, type LayerConstants, toMatrix } from './layer-weights.ts';
import { linearLayerOf, type MatchedLayer, matchLayers } from './matched-layers.ts';
import { gatherMoments } from './moments.ts';
import { unknownCount } from './moments-graph.ts';
import { type Refit, refitMatrix } from './refit.ts';
import { type ConstantEdit, replaceConstants } from './replace-constants.ts';

/** How a reconstruction is done. */
export interface ReconstructOptions {
  /** Weight of the pull towards the present weights, as a share of the mean square of a patch element; default 1e-3. */
  readonly ridge?: number;
  readonly rowsPerUnknown?: number;
  /** Seed of the sampled positions, default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export async function reconstruct(
  original: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  pruned: Model,
  feeds: readonly Readonly<Record<string, NdArray>>[],
  engine: Engine,
  { ridge = 1e-3, rowsPerUnknown = 20, seed = 0, signal }: ReconstructOptions = {},
) {
  const cut = await traceModel(pruned, engine);
  const layers = matchLayers(original, coupling, keep, cut);
  const random = createRandom(seed);
  const before = new Frontier(original, feeds, engine);
  const now = new Frontier(cut, feeds, engine);
  let model = cut.model;
  const reports = [];
  for (const matched of layers) {
    signal?.throwIfAborted();
    if (matched.untouched) continue;
    const [data] = await now.advance([matched.data]);
    const useSum =
      matched.sum !== undefined &&
      !(globalThis as { process?: { env: Record<string, string> } }).process?.env['NOSUM'] &&
      !pendingLayer(matched, layers, cut);
    const sum = useSum ? matched.sum : undefined;
    const shortcut = sum && (await now.advance([sum.shortcut]))[0];
    const [target] = await before.advance([sum ? sum.total : matched.output]);
    const layer = linearLayerOf(cut, matched.node, { data: data![0]!.dims, output: target![0]!.dims })!;
    const node = cut.nodes[matched.node]!;
    const bias = layer.bias === undefined ? undefined : cut.constantOf(node.inputs[layer.bias] ?? '');
    const constants: LayerConstants = {
      weight: cut.constantOf(node.inputs[layer.weight]!)!,
      ...(bias && { bias }),
    };
    const moments = await gatherMoments(
      {
        layer,
        data: data!,
        target: target!,
        ...(shortcut && { shortcut }),
        ...(matched.kept && { kept: matched.kept }),
        ...(sum?.line && { line: invert(sum.line) }),
      },
      rowsPerUnknown * unknownCount(layer),
      engine,
      random,
    );
    const fit: Refit = await refitMatrix(moments, toMatrix(layer, constants), ridge, engine);
    const { weight, bias: offset } = fromMatrix(layer, fit.matrix, constants);
    const edits: ConstantEdit[] = [
      { node: matched.output, input: layer.weight, array: weight },
      ...(offset ? [{ node: matched.output, input: layer.bias!, array: offset }] : []),
    ];
    model = replaceConstants(model, edits);
    now.update(model);
    reports.push({
      output: matched.output,
      sum: !!sum,
      unknowns: moments.unknowns,
      rows: moments.rows,
      method: fit.method,
      deficient: fit.deficient,
      before: fit.errorBefore,
      after: fit.errorAfter,
    });
  }
  return { model, reports };
}

function pendingLayer(_m: MatchedLayer, _l: readonly MatchedLayer[], _c: TracedModel): boolean {
  return false;
}

function invert({ scale, shift }: { scale: ArrayLike<number>; shift: ArrayLike<number> }) {
  return {
    factor: Float32Array.from(scale, (s) => 1 / s),
    offset: Float32Array.from(shift, (b, i) => -b / scale[i]!),
  };
}
