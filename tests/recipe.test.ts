// The recipe of several cuts: what they did step by step, told in channels of the original, does the same to the original at once.
import {
  analyseCoupling,
  type ChannelHistory,
  choosePlan,
  computeImportance,
  createCostModel,
  cutModel,
  extendHistory,
  historyGroups,
  keepOf,
  type Model,
  makePlan,
  nodeId,
  PLAN_VERSION,
  type Plan,
  traceModel,
  weightsOf,
} from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { architectures } from './fixtures/architectures/index.ts';
import { sharedModelsMissing, trainedModels } from './fixtures/shared-models.ts';

const engine = createOrtEngine();

/** Of the multiply-accumulates that a step finds, it keeps so many. */
const STEPS = [
  { criterion: 'l1', macs: 0.8 },
  { criterion: 'l2', macs: 0.8 },
] as const;

/** Ties of every kind: padded shortcuts, blocks of groups, depthwise, concatenation, shuffles, halves of a layer. */
const NETS = [
  ...['resnet-a', 'resnext-bn', 'mobilenet-v2', 'densenet', 'shufflenet-v1-g2', 'shufflenet-v2-split'],
  ...['yolov5-slice', 'yolov8'],
];
const TRAINED = ['resnet56', 'pcb-mobilenetv2', 'yolov8n'];

async function analyse(model: Model) {
  const traced = await traceModel(model, engine);
  return { traced, coupling: analyseCoupling(traced) };
}

/** Cuts step by step and, from the history of that, at once. */
async function cutBothWays(original: Model) {
  let [model, history]: [Model, ChannelHistory] = [original, {}];
  for (const { criterion, macs } of STEPS) {
    const { traced, coupling } = await analyse(model);
    const scores = await computeImportance(coupling, weightsOf(traced), criterion);
    const { keep } = choosePlan(traced, coupling, createCostModel(traced, coupling), scores, { macs });
    history = extendHistory(history, makePlan(traced, coupling, keep).groups);
    model = await cutModel(traced, coupling, keep, engine);
  }
  const { traced, coupling } = await analyse(original);
  const plan: Plan = { version: PLAN_VERSION, groups: historyGroups(history), cuts: [] };
  const atOnce = await cutModel(traced, coupling, keepOf(traced, coupling, plan), engine);
  const [stepwise, once, whole] = await Promise.all([model, atOnce, original].map(weightsIn));
  return { stepwise, atOnce: once, original: whole };
}

/** What every node reads as weights, whatever the file calls them. */
async function weightsIn(model: Model) {
  const { traced, coupling } = await analyse(model);
  const weights = weightsOf(traced);
  return Object.fromEntries(
    coupling.uses.map(({ node, input }) => [
      `${nodeId(traced.nodes[node]!)} ${input}`,
      weights.read(node, input),
    ]),
  );
}

const cases = [
  ...NETS.map((name) => {
    const { build } = architectures.find((architecture) => architecture.name === name)!;
    return { name, load: async () => build() };
  }),
  ...trainedModels.filter(({ name }) => TRAINED.includes(name)),
];

describe('the history of two cuts', () => {
  if (sharedModelsMissing) it.skip(`trained models: ${sharedModelsMissing}`);
  it.each(cases)('is one cut of $name with the same weights', { timeout: 120_000 }, async ({ load }) => {
    const { stepwise, atOnce, original } = await cutBothWays(await load());
    expect(atOnce).toEqual(stepwise);
    expect(atOnce).not.toEqual(original);
  });
});
