// Whether a file can be a cut of another at all: a cut never changes what a model takes and gives.
import { EspalierError, type Model, type ValueInfo } from '@espalier/core';

/** The two models and the paths by which the message names them. */
export interface CutFiles {
  readonly original: Model;
  readonly originalPath: string;
  readonly pruned: Model;
  readonly prunedPath: string;
}

/**
 * Compares names and declared dims of all inputs and outputs; open dims fit every size. Error, kind verification: `verify.not-a-cut`
 * names the first that differs.
 */
export function checkCutOf({ original, originalPath, pruned, prunedPath }: CutFiles): void {
  const difference =
    findDifference('input', fedInputs(original), fedInputs(pruned)) ??
    findDifference('output', original.graph.outputs, pruned.graph.outputs);
  if (difference === undefined) return;
  throw new EspalierError({
    kind: 'verification',
    code: 'verify.not-a-cut',
    message: `${prunedPath} is not a cut of ${originalPath}: ${difference}.`,
    hint: 'Give the original first and the file that was pruned from it second: ORIGINAL PRUNED.',
  });
}

/** Inputs that a run must feed: old files list their weights as inputs too. */
function fedInputs({ graph }: Model): readonly ValueInfo[] {
  const weights = new Set(graph.initializers.map(({ name }) => name));
  return graph.inputs.filter(({ name }) => !weights.has(name));
}

function findDifference(
  kind: string,
  before: readonly ValueInfo[],
  after: readonly ValueInfo[],
): string | undefined {
  const known = new Map(before.map((value) => [value.name, value]));
  const names = new Set(after.map(({ name }) => name));
  const missing = before.find(({ name }) => !names.has(name));
  if (missing) return `it has no ${kind} '${missing.name}'`;
  const added = after.find(({ name }) => !known.has(name));
  if (added) return `its ${kind} '${added.name}' is not in the original`;
  const changed = after.find((value) => !fits(known.get(value.name)!, value));
  return (
    changed &&
    `its ${kind} '${changed.name}' is ${writeDims(changed)}, not ${writeDims(known.get(changed.name)!)}`
  );
}

function fits({ shape: before }: ValueInfo, { shape: after }: ValueInfo): boolean {
  if (!before || !after) return true;
  const same = before.every(({ value }, axis) => {
    const other = after[axis]?.value;
    return value === undefined || other === undefined || value === other;
  });
  return before.length === after.length && same;
}

function writeDims({ shape = [] }: ValueInfo): string {
  return shape.length === 0 ? 'a scalar' : shape.map(({ value, param }) => value ?? param ?? '?').join('x');
}
