// What a choice of classes leaves of every value: positions and shapes. A choice is a mask, 1 for each class that stays.
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { type AxisLabels, type Coupling, FIXED } from './coupling.ts';

/** One byte per class: 1 stays, 0 goes. */
export type KeepMask = Uint8Array;

/** The mask that keeps everything. */
export function keepAll(coupling: Coupling): KeepMask {
  return new Uint8Array(coupling.classes.length).fill(1);
}

/** Does the position with this label stay? */
export const stays = (keep: KeepMask, label: number): boolean => label === FIXED || keep[label] === 1;

/** Kept positions along an axis whose positions carry these label vectors; undefined when all stay. */
export function keptPositions(vectors: readonly Int32Array[], keep: KeepMask): Int32Array | undefined {
  if (vectors.length === 0) return undefined;
  const size = vectors[0]!.length;
  const positions: number[] = [];
  for (let i = 0; i < size; i++) {
    if (vectors.every((labels) => stays(keep, labels[i]!))) positions.push(i);
  }
  return positions.length === size ? undefined : Int32Array.from(positions);
}

/** Kept positions along an axis of a value; undefined when all stay. */
export function keptAlong(
  coupling: Coupling,
  value: string,
  axis: number,
  keep: KeepMask,
): Int32Array | undefined {
  const vectors = vectorsAlong(coupling.values.get(value), axis);
  return keptPositions(vectors, keep);
}

/** The shape of a value once only the kept classes are left. */
export function survivingShape(
  traced: TracedModel,
  coupling: Coupling,
  value: string,
  keep: KeepMask,
  size = 0,
): readonly number[] {
  const shape = tracedShape(traced, value, size);
  const labels = coupling.values.get(value);
  if (!labels) return shape;
  return shape.map((length, axis) => {
    const vectors = vectorsAlong(labels, axis);
    const kept = keptPositions(vectors, keep);
    // An axis that mixes channels with a size that varies (a flattened map) shrinks in the same proportion at every size.
    return kept ? (length * kept.length) / vectors[0]!.length : length;
  });
}

function vectorsAlong(labels: readonly AxisLabels[] | undefined, axis: number): readonly Int32Array[] {
  return (labels ?? []).filter((entry) => entry.axis === axis).map((entry) => entry.labels);
}
