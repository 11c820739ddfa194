// The part of `prune` that wins accuracy back on pictures, once the cut is proven.
import { type Engine, EspalierError, keepOf } from '@espalier/core';
import {
  type Analysis,
  follow,
  LEAST_SAMPLES,
  openDataset,
  type Pruning,
  type RecoveredCut,
  recoverCut,
} from '@espalier/node';
import { describeRecovery } from '../describe/describe-recovery.ts';
import type { RecoveryField } from '../documents/recovery-field.ts';
import type { OptionsFor } from '../options/options.ts';
import { showEvent } from './analyse.ts';
import type { CommandContext } from './command.ts';
import { datasetOptions, readPreprocess } from './data-source.ts';

/** Finds out before the work whether it can recover. Errors, kind usage: `recovery.trains` for ways that only `run` knows, `recovery.no-data`. */
export function checkRecovery({ recover, data, calibrationData }: OptionsFor<'prune'>): void {
  if (recover === 'finetune' || recover === 'distil') {
    throw new EspalierError({
      kind: 'usage',
      code: 'recovery.trains',
      message: `prune does not train: --recover ${recover} is for run.`,
      hint: 'Prune with --recover reconstruct, then use `espalier finetune`; or let `espalier run` do both.',
    });
  }
  if (recover === undefined || recover === 'none' || (calibrationData ?? data) !== undefined) return;
  throw new EspalierError({
    kind: 'usage',
    code: 'recovery.no-data',
    message: `--recover ${recover} needs pictures.`,
    hint: 'Give a folder or a file with --data; labels are not needed.',
  });
}

/** Whether the options let a cut be recovered: with data it is, unless they say otherwise. */
export function isRecovered({ recover, data, calibrationData }: OptionsFor<'prune'>): boolean {
  return recover !== 'none' && (calibrationData ?? data) !== undefined;
}

/** A recovered model, and how the document tells of it. */
export interface RecoveredPruning extends Pick<RecoveredCut, 'model'> {
  readonly recovery: RecoveryField;
}

/**
 * Recovers a cut as the options say: with data it is reconstructed, unless they say otherwise or the data are few; undefined when nothing is done.
 */
export async function recoverPruning(
  analysis: Analysis,
  { plan, model }: Pruning,
  engine: Engine,
  { options, terminal, signal }: CommandContext<'prune'>,
): Promise<RecoveredPruning | undefined> {
  const { recover, calibration, calibrationData, data, preprocess, seed } = options;
  const path = calibrationData ?? data;
  if (recover === 'none' || recover === 'finetune' || recover === 'distil') return undefined;
  if (path === undefined) return undefined;
  const dataset = await openDataset(path, datasetOptions(options));
  if (recover === undefined && dataset.size < LEAST_SAMPLES) {
    terminal.log(`not recovered: ${dataset.size} samples are fewer than ${LEAST_SAMPLES}`);
    return undefined;
  }
  const { traced, coupling } = analysis;
  const start = performance.now();
  const recovered = await follow(
    recoverCut(analysis, keepOf(traced, coupling, plan), model, {
      ...{ method: recover ?? 'reconstruct', engine, dataset, seed, signal },
      ...(calibration !== undefined && { samples: calibration }),
      ...(preprocess !== undefined && { preprocess: await readPreprocess(preprocess) }),
    }),
    (event) => showEvent(event, terminal),
  );
  const seconds = (performance.now() - start) / 1000;
  return { model: recovered.model, recovery: describeRecovery(recovered, seconds) };
}
