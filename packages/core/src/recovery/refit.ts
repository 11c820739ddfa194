// Solves the normal equations of a layer, with a ridge that pulls towards the weights it has.
import type { Engine } from '../engine/engine.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { solveCholesky } from './cholesky.ts';
import { solveConjugateGradient } from './conjugate-gradient.ts';
import type { Moments } from './moments.ts';

/** Up to this many unknowns a system is factored, above it is solved step by step. */
export const MAX_DIRECT_UNKNOWNS = 1500;

/** A pivot of no more than so many ridges comes from the ridge, not from the data. */
const UNSETTLED = 10;

/** How a system was solved and what came out. */
export interface Refit {
  /** groups × unknowns × outputs. */
  readonly matrix: Float64Array;
  readonly method: 'cholesky' | 'conjugate gradient';
  /** Unknowns, over all groups, of which the data say less than the ridge does; undefined where the method does not tell. */
  readonly deficient?: number;
  /** Mean square error over the variance of the targets, before and after. */
  readonly errorBefore: number;
  readonly errorAfter: number;
}

/**
 * Minimises Σ|y − Wᵀx|² + λ·|W − current|² with λ = ridge · mean diagonal of the Gram matrix, group by group: (A + λI)·ΔW = B − A·W.
 * Small systems by Cholesky, large ones by conjugate gradients whose products the engine computes.
 */
export async function refitMatrix(
  moments: Moments,
  current: Float64Array,
  ridge: number,
  engine: Engine,
): Promise<Refit> {
  const { groups, unknowns: n, outputs: m } = moments;
  const direct = n <= MAX_DIRECT_UNKNOWNS;
  const matrix = current.slice();
  const { energy, spread } = sumEnergies(moments);
  let [before, gain, deficient] = [energy, 0, 0];
  for (let g = 0; g < groups; g++) {
    const gram = moments.gram.subarray(g * n * n, (g + 1) * n * n);
    const cross = moments.cross.subarray(g * n * m, (g + 1) * n * m);
    const weights = matrix.subarray(g * n * m, (g + 1) * n * m);
    const penalty = ridge * meanDiagonal(gram, n);
    const system = direct
      ? solveDirect(gram, n, cross, weights, penalty)
      : await solveInEngine(gram, n, cross, weights, penalty, engine);
    const { missing, change } = system;
    deficient += system.deficient;
    // |y − Wᵀx|² = |y|² − W·(B + missing), and (A + λI)·ΔW = missing says what the change takes off it.
    before -= dot(weights, cross) + dot(weights, missing);
    gain += dot(change, missing) + penalty * dot(change, change);
    for (let at = 0; at < change.length; at++) weights[at]! += change[at]!;
  }
  const share = (error: number): number => (spread > 0 ? Math.max(error, 0) / spread : 0);
  return {
    matrix,
    method: direct ? 'cholesky' : 'conjugate gradient',
    ...(direct && { deficient }),
    errorBefore: share(before),
    errorAfter: share(before - gain),
  };
}

/** B − A·W, the change of the weights that follows from it, and unknowns that the ridge decides. */
interface Solved {
  readonly missing: Float64Array;
  readonly change: Float64Array;
  readonly deficient: number;
}

function solveDirect(
  gram: Float64Array,
  n: number,
  cross: Float64Array,
  weights: Float64Array,
  penalty: number,
): Solved {
  const m = weights.length / n;
  const missing = cross.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = gram[i * n + k]!;
      if (factor === 0) continue;
      for (let c = 0; c < m; c++) missing[i * m + c]! -= factor * weights[k * m + c]!;
    }
  }
  const { x, deficient } = solveCholesky(withDiagonal(gram, n, penalty), n, missing, UNSETTLED * penalty);
  return { missing, change: x, deficient };
}

async function solveInEngine(
  gram: Float64Array,
  n: number,
  cross: Float64Array,
  weights: Float64Array,
  penalty: number,
  engine: Engine,
): Promise<Solved> {
  const m = weights.length / n;
  const g = new GraphBuilder();
  const a = g.constant({ dims: [n, n], data: Float32Array.from(gram) });
  g.output(g.node('MatMul', [a, g.input('p', [n, m])], {}, 'product'));
  const session = await engine.load(g.model());
  try {
    const multiply = async (p: Float64Array): Promise<Float64Array> => {
      const feeds = { p: { type: 'float32', dims: [n, m], data: Float32Array.from(p) } } as const;
      return Float64Array.from((await session.run(feeds)).product_out!.data as Float32Array);
    };
    const product = await multiply(weights);
    const missing = cross.map((value, at) => value - product[at]!);
    const diagonal = Float64Array.from({ length: n }, (_, i) => gram[i * n + i]! + penalty || 1);
    const penalised = async (p: Float64Array): Promise<Float64Array> =>
      (await multiply(p)).map((value, at) => value + penalty * p[at]!);
    const { x } = await solveConjugateGradient(penalised, diagonal, missing);
    return { missing, change: x, deficient: 0 };
  } finally {
    await session.close();
  }
}

/** Σ y² and Σ (y − mean)² over all groups and outputs. */
function sumEnergies({ groups, outputs: m, energy, rows }: Moments): { energy: number; spread: number } {
  let [squares, spread] = [0, 0];
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < m; o++) {
      const [sum, square] = [energy[2 * g * m + o]!, energy[(2 * g + 1) * m + o]!];
      squares += square;
      spread += square - (sum * sum) / rows;
    }
  }
  return { energy: squares, spread };
}

function withDiagonal(a: Float64Array, n: number, addend: number): Float64Array {
  const result = a.slice();
  for (let i = 0; i < n; i++) result[i * n + i]! += addend;
  return result;
}

function meanDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i]!;
  return sum / n;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
