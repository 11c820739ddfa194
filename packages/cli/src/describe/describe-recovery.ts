// A recovery as documents show it.
import type { RecoveredCut } from '@espalier/node';
import type { RecoveryField } from '../documents/recovery-field.ts';

/** The documents' entry of a recovery. */
export function describeRecovery(
  { method, samples, layers, skipped }: RecoveredCut,
  seconds: number,
): RecoveryField {
  return {
    method,
    samples,
    seconds: Number(seconds.toFixed(2)),
    layers: layers.map(({ node, opType, target, errorBefore, errorAfter, fit }) => ({
      ...{ node, operator: opType, target, errorBefore, errorAfter },
      ...(fit && { unknowns: fit.unknowns, rows: fit.rows, solver: fit.method }),
      ...(fit?.deficient !== undefined && { deficient: fit.deficient }),
    })),
    skipped: skipped.map((layer) => ({ ...layer })),
  };
}

/** Means over the corrected layers. */
export function meanErrors({ layers }: RecoveryField): { errorBefore: number; errorAfter: number } {
  const mean = (pick: (layer: RecoveryField['layers'][number]) => number): number =>
    layers.reduce((sum, layer) => sum + pick(layer), 0) / Math.max(layers.length, 1);
  return { errorBefore: mean((layer) => layer.errorBefore), errorAfter: mean((layer) => layer.errorAfter) };
}
