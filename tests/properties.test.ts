// What must hold for every network and every valid cut, on random ones. ESPALIER_FC_SEED and ESPALIER_FC_RUNS draw others and more.
import {
  analyseCoupling,
  type Coupling,
  createCostModel,
  createRandom,
  cutModel,
  decodeModel,
  describeVerification,
  encodeModel,
  type KeepMask,
  keepOf,
  type Model,
  makePlan,
  type NdArray,
  prepareLimits,
  randomFeeds,
  readPlan,
  type TracedModel,
  toFloat32,
  traceModel,
  verifyCut,
} from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPermutation, permuteClasses } from './fixtures/permute-classes.ts';
import { buildRandomNet, netRecipes } from './fixtures/random-net.ts';

const engine = createOrtEngine();
const { ESPALIER_FC_SEED, ESPALIER_FC_RUNS } = process.env;
const settings = { seed: Number(ESPALIER_FC_SEED ?? 20), numRuns: Number(ESPALIER_FC_RUNS ?? 120) };

/** How much goes, and the limits on it. */
const cutRecipes = fc.record({
  share: fc.double({ min: 0.2, max: 0.9, noNaN: true }),
  roundTo: fc.constantFrom(1, 1, 2, 4),
  maxRatio: fc.constantFrom(0.5, 0.9, 1),
  seed: fc.nat(9999),
});
type CutRecipe = typeof cutRecipes extends fc.Arbitrary<infer T> ? T : never;

async function analyse(model: Model) {
  const traced = await traceModel(model, engine);
  const coupling = analyseCoupling(traced);
  return { traced, coupling, costs: createCostModel(traced, coupling) };
}

function drawCut(traced: TracedModel, coupling: Coupling, { share, seed, ...limits }: CutRecipe): KeepMask {
  const random = createRandom(seed);
  const scores = Float64Array.from(coupling.classes, () => random.next());
  return prepareLimits(traced, coupling, scores, limits).apply(
    Uint8Array.from(scores, (score) => (score < share ? 0 : 1)),
  );
}

async function firstOutput(model: Model, feeds: Readonly<Record<string, NdArray>>): Promise<Float32Array> {
  const session = await engine.load(model, { threads: 1 });
  try {
    return toFloat32(Object.values(await session.run(feeds))[0]!);
  } finally {
    await session.close();
  }
}

describe('every valid cut of every network', () => {
  it('computes what the zeroed original computes, costs what was foretold, and can be written down', async () => {
    const silent: string[] = [];
    let cuts = 0;
    await fc.assert(
      fc.asyncProperty(netRecipes, cutRecipes, async (recipe, cut) => {
        const { traced, coupling, costs } = await analyse(buildRandomNet(recipe));
        const keep = drawCut(traced, coupling, cut);
        const plan = makePlan(traced, coupling, keep);
        const pruned = await cutModel(traced, coupling, keep, engine);
        const proof = await verifyCut(traced, coupling, keep, plan.cuts, pruned, engine);
        if (proof.verdict === 'failed') throw new Error(describeVerification(proof).join('\n'));
        expect(proof.runs).toBe(recipe.dynamicBatch ? 2 : 1);
        if (proof.verdict !== 'proven') silent.push(describeVerification(proof).join('\n'));
        if (keep.includes(0)) cuts++;

        const bytes = encodeModel(pruned);
        expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
        const after = (await analyse(pruned)).costs.original;
        const { macs, params } = costs.totals(keep);
        expect({ macs, params }).toEqual({ macs: after.macs, params: after.params });
        expect(keepOf(traced, coupling, readPlan(JSON.parse(JSON.stringify(plan))))).toEqual(keep);
      }),
      settings,
    );
    // Nets that say nothing (a dead layer) and cuts that take nothing must stay exceptions.
    expect(cuts).toBeGreaterThan(0.75 * settings.numRuns);
    expect(silent.length).toBeLessThan(0.1 * settings.numRuns);
  });
});

describe('every network', () => {
  it('computes the same with the channels of a group in any order', async () => {
    let moved = 0;
    await fc.assert(
      fc.asyncProperty(netRecipes, fc.nat(9999), async (recipe, seed) => {
        const model = buildRandomNet(recipe);
        const { traced, coupling } = await analyse(model);
        const place = drawPermutation(coupling, seed);
        if (place.some((to, from) => to !== from)) moved++;
        const feeds = randomFeeds(traced.sizes[0]!, new Map(), createRandom(seed));
        const before = await firstOutput(model, feeds);
        const after = await firstOutput(permuteClasses(traced, coupling, place), feeds);
        const scale = before.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
        const worst = before.reduce((peak, value, i) => Math.max(peak, Math.abs(value - after[i]!)), 0);
        expect(worst / scale).toBeLessThan(1e-4);
      }),
      settings,
    );
    expect(moved).toBeGreaterThan(0.75 * settings.numRuns);
  });
});
