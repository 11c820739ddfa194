// From a model and an objective to a training that can take its first step: normalizations put back, graph written, state laid out.
import {
  type ChannelMoments,
  type ConvolutionChoices,
  combineMoments,
  type Engine,
  exportTrained,
  findFoldedNorms,
  findParameters,
  frozenBy,
  initialiseStatistics,
  initialiseWeights,
  type LoadOptions,
  type Model,
  modelBehind,
  momentsModel,
  type NdArray,
  type Objective,
  type OptimizerOptions,
  type RestoredNorm,
  readParameters,
  readStatistics,
  restoreBatchNorms,
  type TracedModel,
  type TrainingProgram,
  traceModel,
  writeTrainingGraph,
} from '@espalier/core';
import { openTrainingSession, type TrainingSession, type TrainingVectors } from './training-session.ts';

/** What a training is prepared from. */
export interface TrainingPlan {
  readonly engine: Engine;
  readonly model: Model;
  readonly objective: Objective;
  /** Dims of every batch, batch axis first. */
  readonly dims: readonly number[];
  /** Some batches of inputs: the statistics of restored normalizations are measured on them. */
  readonly samples: readonly NdArray[];
  readonly optimizer: OptimizerOptions;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  /** Patterns of layers that stay as they are. */
  readonly freeze?: readonly string[];
  /** Whether folded batch normalizations are put back, default true. */
  readonly restoreNorms?: boolean;
  /** Whether batch normalizations use and follow the statistics of each batch (default), or those they have. */
  readonly batchStatistics?: boolean;
  /** Begins with fresh weights drawn from this seed instead of the model's own. */
  readonly freshSeed?: number;
  /** Picks formulations once the shapes are known. */
  readonly choose: (traced: TracedModel, targets: readonly string[]) => Promise<ConvolutionChoices>;
  readonly load: LoadOptions;
}

/** A training before its first step. Close its session. */
export interface PreparedTraining {
  readonly program: TrainingProgram;
  readonly session: TrainingSession;
  readonly traced: TracedModel;
  readonly norms: readonly RestoredNorm[];
  /** The state before the first step. */
  readonly initial: TrainingVectors;
  /** The model with the averaged weights of a state, or with the very weights of the last step. */
  exportModel(vectors: TrainingVectors, which?: 'average' | 'weights'): Model;
}

/** Prepares a training. Errors: those of `modelBehind`, `findParameters`, `writeTrainingGraph`, `traceModel` and the engine. */
export async function prepareTraining(plan: TrainingPlan): Promise<PreparedTraining> {
  const { engine, model, objective, dims, optimizer, load } = plan;
  const behind = modelBehind(model, objective.reads, dims);
  const plain = await traceModel(behind, engine);
  const restored = await restoreNorms(plain, plan);
  const traced = restored.norms.length > 0 ? await traceModel(restored.model, engine) : plain;
  const parameters = findParameters(traced, objective.reads, { freeze: plan.freeze ?? [] });
  const program = writeTrainingGraph({
    traced,
    parameters,
    loss: objective,
    optimizer,
    ...(plan.weightDecay !== undefined && { weightDecay: plan.weightDecay }),
    ...(plan.clipNorm !== undefined && { clipNorm: plan.clipNorm }),
    ...(plan.batchStatistics !== undefined && { batchStatistics: plan.batchStatistics }),
    choices: await plan.choose(traced, objective.reads),
    contrib: engine.name.startsWith('onnxruntime'),
  });
  const session = await openTrainingSession(engine, program, load);
  const { freshSeed } = plan;
  const weights =
    freshSeed === undefined
      ? readParameters(traced, parameters)
      : initialiseWeights(traced, parameters, freshSeed);
  const begin: Readonly<Record<string, () => Float32Array>> = {
    weights: () => weights,
    average: () => weights.slice(),
    statistics: () =>
      freshSeed === undefined
        ? readStatistics(traced, program.statistics)
        : initialiseStatistics(traced, program.statistics),
  };
  const initial = Object.fromEntries(
    program.state.map(({ name, length }) => [name, begin[name]?.() ?? new Float32Array(length)]),
  );
  return {
    program,
    session,
    traced,
    norms: restored.norms,
    initial,
    exportModel: (vectors, which = 'average') =>
      exportTrained(model, {
        traced,
        norms: restored.norms,
        parameters,
        statistics: program.statistics,
        weights: vectors[which]!,
        running: vectors.statistics ?? new Float32Array(0),
      }),
  };
}

async function restoreNorms(
  traced: TracedModel,
  { engine, objective, samples, freeze = [], restoreNorms: wanted = true, load }: TrainingPlan,
): Promise<{ readonly model: Model; readonly norms: readonly RestoredNorm[] }> {
  // A frozen layer stays what it is, so nothing may be put behind it.
  const isFree = (value: string): boolean => {
    const { node } = traced.wiring.producers.get(value)!;
    return frozenBy(traced.nodes[node]!, freeze).length === 0;
  };
  const values = wanted ? findFoldedNorms(traced, objective.reads).filter(isFree) : [];
  if (values.length === 0) return { model: traced.model, norms: [] };
  const session = await engine.load(momentsModel(traced, values), load);
  const batches = new Map<string, ChannelMoments[]>(values.map((value) => [value, []]));
  try {
    const [input] = traced.inputNames;
    for (const sample of samples) {
      const outputs = await session.run({ [input!]: sample });
      const vector = (name: string): Float64Array => Float64Array.from(outputs[name]!.data as Float32Array);
      for (const value of values) {
        batches.get(value)!.push({ mean: vector(`${value}__mean`), variance: vector(`${value}__variance`) });
      }
    }
  } finally {
    await session.close();
  }
  const moments = new Map([...batches].map(([value, found]) => [value, combineMoments(found)]));
  return restoreBatchNorms(traced, moments);
}
