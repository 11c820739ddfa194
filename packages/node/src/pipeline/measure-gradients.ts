// What batches of calibration images say of a model's gradients, for the criteria that ask for it.
import {
  type Batch,
  createGradientMeter,
  createRandom,
  EspalierError,
  findHeads,
  findParameters,
  GRADIENT_OUTPUTS,
  type GradientSource,
  type LossDefinition,
  modelBehind,
  type NdArray,
  plainChoices,
  projectionLoss,
  randomSigns,
  signsInput,
  type TracedModel,
  tracedShape,
  traceModel,
  weightsOf,
  writeGradientGraph,
} from '@espalier/core';
import type { Analysis } from './analyse-file.ts';
import { type CriterionImages, readCriterionImages } from './criterion-images.ts';
import type { PipelineEvent } from './events.ts';

/** A loss, and what the graph is fed of a batch beside its images. */
export interface FedLoss {
  readonly loss: LossDefinition;
  feeds(batch: Batch): Readonly<Record<string, NdArray>> | Promise<Readonly<Record<string, NdArray>>>;
}

/** How gradients are measured. */
export interface GradientRun {
  /** Seed of the random signs, default 0. */
  readonly seed?: number;
  /** Makes the loss once the batch size is known; default: a random combination of the raw answers, new for every batch, which needs no labels. */
  readonly lossOf?: (traced: TracedModel) => FedLoss;
  readonly signal?: AbortSignal;
}

/**
 * Measures the gradient of a loss on every full batch of the images. Errors: those of the reader and the engine; kind model:
 * `autodiff.no-rule`; kind usage: `train.nothing-to-train`.
 */
export async function* measureGradients(
  analysis: Pick<Analysis, 'traced' | 'coupling'>,
  calibration: CriterionImages,
  { seed = 0, lossOf = (traced) => lossOfAnswers(traced, seed), signal }: GradientRun = {},
): AsyncGenerator<PipelineEvent, GradientSource> {
  const { traced } = analysis;
  const [inputName = ''] = traced.inputNames;
  const declared = traced.graph.inputs.find(({ name }) => name === inputName)?.shape?.[0]?.value;
  let open: Awaited<ReturnType<typeof openGradients>> | undefined;
  try {
    for await (const batch of readCriterionImages(calibration, declared, signal)) {
      open ??= await openGradients(analysis, calibration, batch, lossOf).catch((error: unknown) => {
        throw explainMissingRule(error);
      });
      // The graph is written for one batch size; what does not fill it says nothing that the others do not.
      if (batch.ids.length !== open.size) continue;
      const outputs = await open.session.run({ [inputName]: batch.input, ...(await open.fed.feeds(batch)) });
      open.meter.add(outputs[GRADIENT_OUTPUTS.gradient]!.data as Float32Array);
      yield { type: 'step', step: 'calibrate', fraction: batch.fraction };
    }
  } finally {
    await open?.session.close();
  }
  return open!.meter.result();
}

async function openGradients(
  { traced, coupling }: Pick<Analysis, 'traced' | 'coupling'>,
  { engine, load }: CriterionImages,
  batch: Batch,
  lossOf: NonNullable<GradientRun['lossOf']>,
) {
  const outputs = traced.graph.outputs.map(({ name }) => name);
  const whole = await traceModel(modelBehind(traced.model, outputs, batch.input.dims), engine);
  const fed = lossOf(whole);
  const behind = await traceModel(modelBehind(traced.model, fed.loss.reads, batch.input.dims), engine);
  const parameters = findParameters(behind, fed.loss.reads);
  const contrib = engine.name.startsWith('onnxruntime');
  const options = { traced: behind, parameters, loss: fed.loss, choices: plainChoices, contrib };
  const model = writeGradientGraph(options);
  const session = await engine.load(model, load);
  return {
    fed,
    session,
    size: batch.ids.length,
    meter: createGradientMeter(coupling, weightsOf(traced), parameters),
  };
}

/** A random combination of the raw answers: what the last layers with weights make, before anything decodes them. */
function lossOfAnswers(traced: TracedModel, seed: number): FedLoss {
  const heads = findHeads(traced);
  const random = createRandom(seed);
  return {
    loss: projectionLoss(heads),
    feeds: () =>
      Object.fromEntries(
        heads.map((value) => [signsInput(value), randomSigns(tracedShape(traced, value), random)]),
      ),
  };
}

/** Training would freeze layers; scoring has other ways out. */
function explainMissingRule(error: unknown): unknown {
  if (!(error instanceof EspalierError) || error.code !== 'autodiff.no-rule') return error;
  const { kind, code, message } = error;
  const hint = 'Take a criterion that needs no gradients, such as fscl-active or fscl.';
  return new EspalierError({ kind, code, message, hint, cause: error });
}
