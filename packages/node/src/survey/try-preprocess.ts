// Which of the usual preprocessings a model was trained with, told by its accuracy on some labelled samples.
import {
  createGroupedMetric,
  type Dataset,
  type Metric,
  type MetricReading,
  measureDrop,
  type NamedPreprocess,
  preprocessVariations,
  RANDOM_GROUPS,
  randomGroupsError,
  type Target,
  usualNormalisations,
} from '@espalier/core';
import { type EvaluationProgress, evaluateModels } from '../pipeline/evaluate-models.ts';
import type { OpenEvaluation } from '../pipeline/open-evaluation.ts';

/** One preprocessing with the accuracy it gave. */
export interface PreprocessTrial extends NamedPreprocess {
  /** In the metric's own unit. */
  readonly value: number;
  /** How many samples it was tried on: only a part where that was telling enough. */
  readonly samples: number;
  /** Whether the samples show that it is worse than the one that was taken. */
  readonly worse: boolean;
}

/** What the trials showed. */
export interface PreprocessTrials {
  readonly metric: string;
  /** The one to take. */
  readonly best: PreprocessTrial;
  /** In the order they were tried, the best among them. */
  readonly trials: readonly PreprocessTrial[];
  /** Standard deviation of what a single sample adds to the metric under the best. */
  readonly spread: number;
}

/** What is tried out. */
export interface PreprocessTrialOptions {
  readonly open: OpenEvaluation;
  readonly createMetric: () => Metric;
  /** Labelled. */
  readonly dataset: Dataset;
  /** The preprocessing is told: only it is measured. */
  readonly told: boolean;
  /** At most so many samples each. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** Groups of ten batches tell the error of a metric; larger batches only help the engine. */
const LARGEST_BATCH = 8;

/** A part of the samples is enough to see that a preprocessing reaches less than half of the best. */
const FIRST_LOOK = 0.25;
const FAR_BEHIND = 0.5;

interface Tried extends NamedPreprocess {
  readonly reading: MetricReading;
  readonly samples: number;
}

/**
 * Measures the usual normalisations and takes the best; then variations in channel order and resizing as far as those are assumed, which must be
 * shown to be better to be taken, because a guess has something that speaks for it. All see the same samples. Errors: those of `evaluateModels`.
 */
export async function* tryPreprocess(
  options: PreprocessTrialOptions,
): AsyncGenerator<EvaluationProgress, PreprocessTrials> {
  const { open, limit, told } = options;
  const { name: metric, higherIsBetter } = options.createMetric();
  const candidates = await firstCandidates(options);
  const glance =
    candidates.length > 1
      ? yield* measureEach(candidates, { ...options, limit: Math.ceil(FIRST_LOOK * limit) })
      : [];
  const behind = glance.filter((one) => isFarBehind(one, bestOf(glance, higherIsBetter), higherIsBetter));
  const promising = candidates.filter(({ name }) => !behind.some((one) => one.name === name));
  const normalised = yield* measureEach(promising, options);
  const base = bestOf(normalised, higherIsBetter);
  const varied = yield* measureEach(
    told ? [] : preprocessVariations(base, open.guess?.assumed ?? []),
    options,
  );
  const isWorse = (one: Tried, than: Tried): boolean => {
    const { interval } = measureDrop(than.reading, one.reading, higherIsBetter);
    return interval !== null && interval[0] > 0;
  };
  const best = bestOf([base, ...varied.filter((one) => isWorse(base, one))], higherIsBetter);
  const describe = ({ reading, ...tried }: Tried, worse: boolean): PreprocessTrial => ({
    ...{ ...tried, value: reading.value, worse },
  });
  const all = [...normalised, ...varied].map((one) => describe(one, isWorse(one, best)));
  return {
    metric,
    best: all.find(({ name }) => name === best.name)!,
    trials: [...all, ...behind.map((one) => describe(one, true))],
    spread: (randomGroupsError(best.reading.groups) ?? 0) * Math.sqrt(best.samples),
  };
}

async function firstCandidates({
  open,
  dataset,
  told,
}: PreprocessTrialOptions): Promise<readonly NamedPreprocess[]> {
  const { guess, preprocess } = open;
  if (told || !guess) return [{ name: told ? 'as it was told' : 'as they are', preprocess }];
  const { input } = await dataset.sampleAt(0);
  return usualNormalisations(guess, input.kind === 'image' ? input.image.channels : 3);
}

/** The first of equals; what is no number comes last. */
function bestOf(all: readonly Tried[], higherIsBetter: boolean): Tried {
  const worth = ({ reading: { value } }: Tried): number =>
    Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value * (higherIsBetter ? 1 : -1);
  return all.reduce((best, one) => (worth(one) > worth(best) ? one : best));
}

function isFarBehind({ reading: one }: Tried, { reading: best }: Tried, higherIsBetter: boolean): boolean {
  return higherIsBetter ? one.value < FAR_BEHIND * best.value : FAR_BEHIND * one.value > best.value;
}

async function* measureEach(
  candidates: readonly NamedPreprocess[],
  { open, createMetric, dataset, limit, signal }: PreprocessTrialOptions,
): AsyncGenerator<EvaluationProgress, readonly Tried[]> {
  const session = open.sessions[0]!;
  const size = Math.min(limit, dataset.size);
  const batch = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(size / RANDOM_GROUPS)));
  const tried: Tried[] = [];
  for (const candidate of candidates) {
    const metric = createGroupedMetric<readonly Target[]>(createMetric);
    const samples = yield* evaluateModels([{ session, metrics: [metric], agreement: [] }], {
      ...{ dataset, preprocess: candidate.preprocess, batch, limit },
      ...(signal && { signal }),
    });
    tried.push({ ...candidate, reading: metric.reading(), samples });
  }
  return tried;
}
