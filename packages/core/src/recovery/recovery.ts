// What recalibration and reconstruction have in common: the two models side by side, and what comes out.
import type { Coupling } from '../coupling/coupling.ts';
import type { KeepMask } from '../coupling/survivors.ts';
import type { Engine } from '../engine/engine.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';

/** A cut and the inputs to recover it on. */
export interface RecoveryTask {
  readonly original: TracedModel;
  readonly coupling: Coupling;
  /** What the cut kept. */
  readonly keep: KeepMask;
  readonly pruned: Model;
  /** Calibration batches by input name, all of the same shapes; labels are not needed. */
  readonly feeds: readonly Readonly<Record<string, NdArray>>[];
  readonly engine: Engine;
  readonly signal?: AbortSignal;
}

/** One corrected layer. */
export interface LayerRecovery {
  /** Name of the node's first output. */
  readonly node: string;
  readonly opType: string;
  /** What it was held against: its own output in the original, or the sum that its output goes into. */
  readonly target: 'output' | 'sum';
  /** Over the variance of the target: the mean square error of a fit; of a recalibration, that of means and standard deviations. */
  readonly errorBefore: number;
  readonly errorAfter: number;
  /** Of a least-squares fit; absent otherwise. */
  readonly fit?: LayerFit;
}

/** The system behind a least-squares fit. */
export interface LayerFit {
  /** Per output; rows are the equations they were found from. */
  readonly unknowns: number;
  readonly rows: number;
  readonly method: 'cholesky' | 'conjugate gradient';
  /** Unknowns, over all groups, of which the data say less than the ridge does; absent where the method does not tell. */
  readonly deficient?: number;
}

/** A recovered model. */
export interface Recovery {
  readonly model: Model;
  readonly layers: readonly LayerRecovery[];
  /** Layers that stayed as they were though their input changed, with the reason. */
  readonly skipped: readonly { readonly node: string; readonly reason: string }[];
}

/** Told after every layer, corrected or passed over. */
export interface RecoveryProgress {
  readonly type: 'recovery.progress';
  readonly done: number;
  readonly total: number;
}
