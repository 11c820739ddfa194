// Finding, among a model's outputs, the one table of predictions: three axes, the batch first.
import type { NdArray } from '../../onnx/nd-array.ts';
import { wrongOutput } from '../batch-rows.ts';
import type { LayoutFacts, OutputShape } from './layout.ts';

/** A table of known size. */
export interface OutputTable {
  readonly name: string;
  /** Its second and third axis. */
  readonly size: readonly [number, number];
}

/** The table among outputs; undefined when there is not exactly one, or when anything but raw heads (five axes) stands beside it. */
export function findTable(outputs: readonly OutputShape[]): OutputTable | undefined {
  const tables = outputs.filter(({ dims }) => dims.length === 3);
  if (tables.length !== 1 || outputs.some(({ dims }) => dims.length !== 3 && dims.length !== 5))
    return undefined;
  const { name, dims } = tables[0]!;
  const [, second, third] = dims;
  return typeof second === 'number' && typeof third === 'number'
    ? { name, size: [second, third] }
    : undefined;
}

/** The table among a model's answers; `metrics.wrong-output` when there is none. */
export function requireTable(outputs: Readonly<Record<string, NdArray>>): NdArray {
  const table = findTable(Object.entries(outputs).map(([name, { dims }]) => ({ name, dims })));
  if (table) return outputs[table.name]!;
  throw wrongOutput(
    Object.values(outputs)[0]?.dims ?? [],
    'is not the one table of boxes that this layout reads',
  );
}

/** Whether so many class columns can be right: at least one, and as many as the labels know. */
export function classesFit(classes: number, facts: LayoutFacts): boolean {
  return classes >= 1 && (facts.classCount === undefined || facts.classCount === classes);
}
