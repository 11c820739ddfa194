// What a run can hope for from a model alone: what it is for, and how much of it can go.
import {
  type Cost,
  guessTask,
  keepAll,
  type ModelTask,
  prepareLimits,
  type TaskGuess,
  type TracedModel,
  tracedShape,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { pictureSize } from '../pipeline/open-evaluation.ts';

/** What was found. */
export interface ModelSurvey {
  readonly task: TaskGuess;
  /** Least fraction of its cost that any cut leaves, within the usual limits; 1 where nothing can be cut. */
  readonly least: Pick<Cost, 'macs' | 'params'>;
  /** Channels of the layers that can lose some, in graph order. */
  readonly widths: readonly number[];
}

/** Looks at an analysed model. */
export function surveyModel({ traced, coupling, cost }: Analysis, task?: ModelTask): ModelSurvey {
  const limiter = prepareLimits(traced, coupling, new Float64Array(coupling.classes.length), {});
  const bare = cost.totals(
    limiter.apply(keepAll(coupling).map((kept, id) => (limiter.cuttable[id] === 1 ? 0 : kept))),
  );
  const { macs, params } = cost.original;
  const widths = coupling.uses
    .filter(
      ({ role, kernel, labels }) =>
        role === 'produce' && kernel && Array.from(labels).some((id) => limiter.cuttable[id] === 1),
    )
    .map(({ labels }) => labels.length);
  return {
    task: findTask(traced, task),
    least: { macs: bare.macs / macs, params: bare.params / params },
    widths,
  };
}

/** What a model is for: as told, else as its outputs look. */
export function findTask(traced: TracedModel, told?: ModelTask): TaskGuess {
  if (told) return { task: told, reason: 'as it was told' };
  const outputs = traced.graph.outputs.map(({ name }) => ({ name, dims: tracedShape(traced, name) }));
  return guessTask(outputs, pictureSize(Object.values(traced.sizes[0]!)[0]));
}
