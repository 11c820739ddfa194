// Reconstruction: layer by layer, the weights a cut left are fitted by least squares to what the original computed.
import type { TracedModel } from '../graph/traced-model.ts';
import { Frontier } from '../piecewise/frontier.ts';
import { createRandom, type Random } from '../random.ts';
import { traceModel } from '../trace/trace.ts';
import { constantsOf, editsOf, toMatrix } from './layer-weights.ts';
import { linearLayerOf, type MatchedLayer, matchLayers } from './matched-layers.ts';
import { gatherMoments, type MomentsInput } from './moments.ts';
import { unknownCount } from './moments-graph.ts';
import type { LayerRecovery, Recovery, RecoveryProgress, RecoveryTask } from './recovery.ts';
import { type Refit, refitMatrix } from './refit.ts';
import { replaceConstants } from './replace-constants.ts';

/** What a fit takes from its pictures. */
interface FitScale {
  /** Pull towards the present weights, as a share of the mean square of a patch element. */
  readonly ridge: number;
  /** Equations per unknown, and at least. */
  readonly rowsPerUnknown: number;
  readonly leastRows: number;
}

/** Positions of one picture are alike: few pictures need more of them, and a stronger pull. With many, neither measured better. */
const FEW_PICTURES: FitScale = { ridge: 1e-2, rowsPerUnknown: 60, leastRows: 65536 };
const MANY_PICTURES: FitScale = { ridge: 1e-3, rowsPerUnknown: 20, leastRows: 8192 };

/** From so many pictures on they are many. */
const MANY = 256;

/** Fits of a layer before a clamping activation: where the original is cut off, later fits only keep the side. */
const CLAMPED_ROUNDS = 3;

/** The Gram matrix of a wider layer would take more memory than the rest together. */
const MAX_UNKNOWNS = 5000;

/** How a reconstruction is done. */
export interface ReconstructOptions {
  /** Pull towards the present weights, as a share of the mean square of a patch element; default 0.001, with fewer than 256 samples 0.01. */
  readonly ridge?: number;
  /** Seed of the positions that patches are taken from, default 0. */
  readonly seed?: number;
}

/**
 * Refits every linear layer whose input the cut changed, in execution order: its weights and bias then give, on what the cut and corrected layers
 * before it make, an output as near as possible to the original's; the last branch of a residual sum is fitted to the original's sum less the present
 * shortcut. Errors: `recovery.other-cut` (usage), those of the engine. After ThiNet (Luo, Wu, Lin: A Filter Level Pruning Method for Deep
 * Neural Network Compression, 2017) and Channel Pruning (He, Zhang, Sun: Channel Pruning for Accelerating Very Deep Neural Networks,
 * 2017); targets behind activations after Zhang and others (Accelerating Very Deep Convolutional Networks, 2015).
 */
export async function* reconstruct(
  task: RecoveryTask,
  { ridge, seed = 0 }: ReconstructOptions = {},
): AsyncGenerator<RecoveryProgress, Recovery> {
  const { original, coupling, keep, pruned, feeds, engine, signal } = task;
  const cut = await traceModel(pruned, engine);
  const { layers, clean } = matchLayers(original, coupling, keep, cut);
  const before = new Frontier(original, feeds, engine);
  const now = new Frontier(cut, feeds, engine);
  const random = createRandom(seed);
  const usual = pictureCount(feeds) < MANY ? FEW_PICTURES : MANY_PICTURES;
  const scale = { ...usual, ...(ridge !== undefined && { ridge }) };
  let model = cut.model;
  const reports: LayerRecovery[] = [];
  const skipped: Recovery['skipped'][number][] = [];
  for (const [done, matched] of layers.entries()) {
    signal?.throwIfAborted();
    yield { type: 'recovery.progress', done, total: layers.length };
    const { shortcut } = matched.destination;
    if (matched.untouched && (shortcut === undefined || clean.has(shortcut))) continue;
    const unknowns = unknownCount(matched.layer);
    if (unknowns > MAX_UNKNOWNS) {
      skipped.push({ node: matched.output, reason: `${unknowns} unknowns are more than ${MAX_UNKNOWNS}` });
      continue;
    }
    const input = await readInput(matched, cut, before, now);
    const constants = constantsOf(cut, cut.nodes[matched.node]!, input.layer);
    const current = toMatrix(input.layer, constants);
    const { fit, rows } = await fitLayer(input, current, scale, task, random);
    model = replaceConstants(model, editsOf(matched.output, input.layer, fit.matrix, constants));
    now.update(model);
    reports.push(describe(matched, fit, unknowns, rows));
  }
  return { model, layers: reports, skipped };
}

/** What the layer reads now, and what the original says should become of it. */
async function readInput(
  { node, data: source, destination, kept }: MatchedLayer,
  cut: TracedModel,
  before: Frontier,
  now: Frontier,
): Promise<MomentsInput> {
  const { value, line, shortcut, bounds } = destination;
  const [data] = await now.advance([source]);
  const [other] = shortcut === undefined ? [] : await now.advance([shortcut]);
  const [target] = await before.advance([value]);
  const dims = { data: data![0]!.dims, output: target![0]!.dims };
  return {
    layer: linearLayerOf(cut, node, dims)!,
    data: data!,
    target: target!,
    ...(kept && { kept }),
    ...(line && { line }),
    ...(other && { shortcut: other }),
    ...(bounds && { bounds }),
  };
}

async function fitLayer(
  input: MomentsInput,
  current: Float64Array,
  { ridge, rowsPerUnknown, leastRows }: FitScale,
  { engine }: RecoveryTask,
  random: Random,
): Promise<{ readonly fit: Refit; readonly rows: number }> {
  const rows = Math.max(rowsPerUnknown * unknownCount(input.layer), leastRows);
  const moments = await gatherMoments(input, rows, engine, random);
  let fit = await refitMatrix(moments, current, ridge, engine);
  for (let round = 1; input.bounds && round < CLAMPED_ROUNDS; round++) {
    const clamped = await gatherMoments(input, rows, engine, random, fit.matrix);
    fit = await refitMatrix(clamped, current, ridge, engine);
  }
  return { fit, rows: moments.rows };
}

function pictureCount(feeds: RecoveryTask['feeds']): number {
  return feeds.reduce((sum, feed) => sum + (Object.values(feed)[0]?.dims[0] ?? 1), 0);
}

function describe(
  { output, opType, destination }: MatchedLayer,
  { method, deficient, errorBefore, errorAfter }: Refit,
  unknowns: number,
  rows: number,
): LayerRecovery {
  return {
    node: output,
    opType,
    target: destination.shortcut === undefined ? 'output' : 'sum',
    errorBefore,
    errorAfter,
    fit: { unknowns, rows, method, ...(deficient !== undefined && { deficient }) },
  };
}
