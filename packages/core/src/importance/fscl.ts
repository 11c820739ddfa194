// FSCL: a filter matters as much as what it becomes together with the weights that read it.
import { FIXED, type Use } from '../coupling/coupling.ts';
import type { CriterionInput, ImportanceProgress, MemberScores } from './criterion.ts';
import { isFilterBank, isReader } from './filter-view.ts';
import { createFlowPaths, type FlowPath } from './flow-paths.ts';
import { inlineRunner, type PairTile, runTiles } from './pair-tiles.ts';
import { createPathKernels, type PathKernels } from './path-kernels.ts';

/** Multiplications per tile: some tens of milliseconds, so that progress is smooth and cancelling is quick. */
const TILE_COST = 1e8;

/** A filter and a slice whose L1 norm has no closed form. */
interface HeavyPair {
  readonly scores: Map<number, number>;
  readonly id: number;
  readonly scale: number;
  readonly path: FlowPath;
  readonly use: Use;
  readonly position: number;
  readonly cost: number;
}

/**
 * FSCL, "Filter Pruning via Filters Similarity in Consecutive Layers" (ICASSP 2023): the score of a channel is
 * Σ_n Σ_c ‖A_c * B_n‖, A_c the kernels of the filter that makes it, B_n the kernels that read it, * the full convolution; that is the mass of
 * all composed kernels that disappear with it. It is summed over every filter and every reading slice between which the channel
 * flows; each such path counts once, a Gemm behind a Flatten reads it once per position. Scales on the way (BN) multiply, depthwise
 * kernels on the way are composed with the filter. Mirrored kernels (ConvTranspose) are turned first; strides, dilation and pooling are ignored.
 *
 * Options: `norm` `l1` (default), or `l2`, which sums ‖·‖₂²; `mode`, where `same` and `valid` crop the last convolution and A includes the
 * depthwise kernels; `pairs` `mean` divides each filter-slice pair by its number of kernel pairs. A member is a pair of weights.
 * Only L1 with both kernels larger than one tap loops over kernel pairs; that part runs in tiles through `runner`.
 */
export async function* scoreFscl(
  input: CriterionInput,
): AsyncGenerator<ImportanceProgress, readonly MemberScores[]> {
  const { coupling, weights, options } = input;
  const { norm = 'l1', mode = 'full', pairs = 'sum', runner = inlineRunner, signal } = options;
  const walk = createFlowPaths(coupling, weights);
  const kernels = createPathKernels(coupling, weights, norm, mode);
  const members = new Map<string, { producer: number; scores: Map<number, number> }>();
  const heavy: HeavyPair[] = [];

  for (const use of coupling.uses.filter(isReader)) {
    signal?.throwIfAborted();
    for (const [position, id] of use.labels.entries()) {
      if (id === FIXED) continue;
      for (const path of walk(use.flow[position]!)) {
        const key = `${path.use}/${use.id}`;
        const member = members.get(key) ?? { producer: coupling.uses[path.use]!.node, scores: new Map() };
        members.set(key, member);
        const { scores } = member;
        const factor = norm === 'l1' ? Math.abs(path.factor) : path.factor ** 2;
        const scale = pairs === 'mean' ? factor / kernels.countPairs(path, use) : factor;
        const mass = kernels.measure(path, use, position);
        if (mass === undefined) {
          heavy.push({ scores, id, scale, path, use, position, cost: kernels.cost(path, use) });
          addScore(scores, id, 0);
        } else addScore(scores, id, scale * mass);
      }
    }
  }

  const tiles = packTiles(heavy);
  const sums: Float64Array[] = [];
  const total = heavy.reduce((sum, pair) => sum + pair.cost, 0);
  let done = 0;
  const lazily = makeTiles(tiles, kernels, mode);
  // A single tile has nothing to share out: starting a thread would cost more than the tile.
  const chosen = tiles.length > 1 ? runner : inlineRunner;
  for await (const { index, sums: landed } of runTiles(lazily, chosen, signal)) {
    sums[index] = landed;
    done += tiles[index]!.reduce((sum, pair) => sum + pair.cost, 0);
    yield { type: 'importance.progress', done, total };
  }
  // Added up in tile order, so that the result does not depend on who finished first.
  tiles.forEach((tile, index) => {
    tile.forEach((pair, job) => {
      addScore(pair.scores, pair.id, pair.scale * sums[index]![job]!);
    });
  });
  return [...members.values(), ...listUnread(coupling.uses)];
}

/** Filters whose channels no weight reads score 0. (Read but reached by no path is another matter: there FSCL has no opinion.) */
export function listUnread(uses: readonly Use[]): readonly MemberScores[] {
  const read = new Set(uses.filter(isReader).flatMap((use) => [...use.labels]));
  return uses.filter(isFilterBank).map((use) => ({
    producer: use.node,
    scores: new Map([...use.labels].filter((id) => id !== FIXED && !read.has(id)).map((id) => [id, 0])),
  }));
}

function addScore(scores: Map<number, number>, id: number, amount: number): void {
  scores.set(id, (scores.get(id) ?? 0) + amount);
}

function packTiles(pairs: readonly HeavyPair[]): HeavyPair[][] {
  const tiles: HeavyPair[][] = [];
  let room = 0;
  for (const pair of pairs) {
    if (pair.cost > room) {
      tiles.push([]);
      room = TILE_COST;
    }
    tiles.at(-1)!.push(pair);
    room -= pair.cost;
  }
  return tiles;
}

/** Copies the kernels of a tile only when it is about to run: all of them together can be larger than the model. */
function* makeTiles(
  tiles: readonly (readonly HeavyPair[])[],
  kernels: PathKernels,
  mode: PairTile['mode'],
): Generator<PairTile> {
  for (const tile of tiles) {
    yield {
      mode,
      jobs: tile.map(({ path, use, position }) => ({
        a: kernels.filter(path),
        b: kernels.slice(use, position),
      })),
    };
  }
}
