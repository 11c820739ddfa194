// What calibration images show of a model's activations, for the criteria that ask for it.
import {
  type ActivationSource,
  createAmplitudeMeter,
  createRankMeter,
  findFeatureMaps,
  findReadValues,
} from '@espalier/core';
import type { Analysis } from './analyse-file.ts';
import { type CriterionImages, readCriterionImages } from './criterion-images.ts';
import type { PipelineEvent } from './events.ts';
import { dataInput, fixedBatch, runBatch } from './run-batch.ts';

/** Where each part of an activation source is looked for, and what adds it up. */
const METERS = {
  ranks: { find: findFeatureMaps, create: createRankMeter },
  amplitudes: { find: findReadValues, create: createAmplitudeMeter },
} as const;

/** Runs the images through the model and measures one part of an activation source. Errors: those of the reader and the engine. */
export async function* measureActivations(
  { traced, coupling }: Pick<Analysis, 'traced' | 'coupling'>,
  part: keyof ActivationSource,
  calibration: CriterionImages,
  signal?: AbortSignal,
): AsyncGenerator<PipelineEvent, ActivationSource> {
  const { find, create } = METERS[part];
  const observed = find(traced, coupling);
  const meter = create(observed);
  const names = [...new Set(observed.map(({ value }) => value))];
  const { model } = traced;
  const outputs = names.map((name) => ({ name }));
  const watched = { ...model, graph: { ...model.graph, outputs } };
  const session = await calibration.engine.load(watched, calibration.load);
  try {
    const batches = readCriterionImages(calibration, fixedBatch(dataInput(session)), signal);
    for await (const { input, fraction } of batches) {
      meter.add(await runBatch(session, input));
      yield { type: 'step', step: 'calibrate', fraction };
    }
  } finally {
    await session.close();
  }
  return { [part]: meter.result() };
}
