// What batches of calibration images say of a model's gradients, for the criteria that ask for it.
import {
  type Batch,
  classificationObjective,
  createGradientMeter,
  createRandom,
  elementCount,
  findHeads,
  findLogits,
  findParameters,
  GRADIENT_OUTPUTS,
  type GradientSource,
  type LossDefinition,
  modelBehind,
  type NdArray,
  oneHotClasses,
  plainChoices,
  projectionLoss,
  randomSigns,
  signsInput,
  TARGETS_INPUT,
  type TracedModel,
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
  /** Makes the loss once the batch size is known; default {@link chooseLoss}. */
  readonly lossOf?: (traced: TracedModel, batch: Batch) => FedLoss;
  readonly signal?: AbortSignal;
}

/**
 * Measures the gradient of a loss on every full batch of the images: cross-entropy where they have labels that are classes, else a
 * random combination of the answers. Errors: those of the reader and the engine; `autodiff.no-rule`, `train.nothing-to-train`.
 */
export async function* measureGradients(
  analysis: Pick<Analysis, 'traced' | 'coupling'>,
  calibration: CriterionImages,
  { seed = 0, lossOf = (traced, batch) => chooseLoss(traced, batch, seed), signal }: GradientRun = {},
): AsyncGenerator<PipelineEvent, GradientSource> {
  const { traced } = analysis;
  const [inputName = ''] = traced.inputNames;
  const declared = traced.graph.inputs.find(({ name }) => name === inputName)?.shape?.[0]?.value;
  let open: Awaited<ReturnType<typeof openGradients>> | undefined;
  try {
    for await (const batch of readCriterionImages(calibration, declared, signal)) {
      open ??= await openGradients(analysis, calibration, batch, lossOf);
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
  const fed = lossOf(whole, batch);
  const behind = await traceModel(modelBehind(traced.model, fed.loss.reads, batch.input.dims), engine);
  const parameters = findParameters(behind, fed.loss.reads);
  const contrib = engine.name.startsWith('onnxruntime');
  const model = writeGradientGraph({
    traced: behind,
    parameters,
    loss: fed.loss,
    choices: plainChoices,
    contrib,
  });
  const session = await engine.load(model, load);
  return {
    fed,
    session,
    size: batch.ids.length,
    meter: createGradientMeter(coupling, weightsOf(traced), parameters),
  };
}

/** Cross-entropy where the batch has classes and the model one row of scores per image; else a random combination of the raw answers. */
export function chooseLoss(traced: TracedModel, { targets }: Batch, seed: number): FedLoss {
  const outputs = traced.graph.outputs.map(({ name }) => name);
  const [batch = 0, classes = 0, ...rest] = traced.shapeOf(outputs[0]!) ?? [];
  if (targets[0]?.kind === 'class' && batch === targets.length && classes > 1 && elementCount(rest) === 1) {
    return {
      loss: classificationObjective({ output: findLogits(traced, outputs[0]!) }),
      feeds: (labelled) => ({ [TARGETS_INPUT]: oneHotClasses(labelled, classes) }),
    };
  }
  const heads = findHeads(traced);
  const random = createRandom(seed);
  return {
    loss: projectionLoss(heads),
    feeds: () =>
      Object.fromEntries(
        heads.map((value) => [signsInput(value), randomSigns(traced.shapeOf(value)!, random)]),
      ),
  };
}
