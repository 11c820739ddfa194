// From the path of a model to everything espalier knows about it: read, check, trace, couple, cost.
import {
  analyseCoupling,
  type CostModel,
  type Coupling,
  checkModel,
  createCostModel,
  type Engine,
  findDenormals,
  type TracedModel,
  traceModel,
} from '@espalier/core';
import { type ModelFile, readModel } from '../models/read-model.ts';
import type { PipelineEvent } from './events.ts';

/** What an analysis found. */
export interface Analysis {
  readonly file: ModelFile;
  readonly traced: TracedModel;
  readonly coupling: Coupling;
  readonly cost: CostModel;
  /** What the user should know, as sentences: assumed sizes, denormal weights. */
  readonly notes: readonly string[];
}

/** How a model is analysed. */
export interface AnalyseOptions {
  readonly engine: Engine;
  /** Dims by input name ('' serves a single input), for open dims only. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  readonly signal?: AbortSignal;
}

/** Analyses the model at `path`. Errors: those of `readModel`, `checkModel` and `traceModel`. */
export async function* analyseFile(
  path: string,
  { engine, inputShapes = {}, signal }: AnalyseOptions,
): AsyncGenerator<PipelineEvent, Analysis> {
  yield { type: 'step', step: 'read' };
  const file = await readModel(path);
  checkModel(file.model);
  yield { type: 'step', step: 'trace' };
  const traced = await traceModel(file.model, engine, { inputShapes, ...(signal && { signal }) });
  const notes = [...traced.notes, ...noteDenormals(traced)];
  for (const text of notes) yield { type: 'note', text };
  yield { type: 'step', step: 'couple' };
  signal?.throwIfAborted();
  const coupling = analyseCoupling(traced);
  return { file, traced, coupling, cost: createCostModel(traced, coupling), notes };
}

function noteDenormals(traced: TracedModel): readonly string[] {
  const found = findDenormals(traced.model);
  const count = found.reduce((sum, weight) => sum + weight.count, 0);
  return count === 0
    ? []
    : [
        `${count.toLocaleString('en-US')} weights in ${found.length} tensors are denormal (first '${found[0]!.tensor}'): many processors are slow on them. Models written from this one have zeros there; bench measures what that gains.`,
      ];
}
