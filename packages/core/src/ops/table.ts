// The table of operators: every interpretation of a graph looks its rules up here, and nowhere else does code know operator names.
import type { Node } from '../onnx/model.ts';
import { concatenation } from './concat.ts';
import { convolutions } from './conv.ts';
import { elementwise } from './elementwise.ts';
import { matrixProducts } from './matmul.ts';
import { movements } from './movement.ts';
import { normalizations } from './normalization.ts';
import type { Operator } from './operator.ts';
import { poolings } from './pooling.ts';
import { quantizations } from './quantize.ts';
import { recurrentOperators } from './recurrent.ts';
import { reductions } from './reduce.ts';
import { reshapings } from './reshape.ts';
import { resamplings } from './resize.ts';
import { shapeReaders } from './shape.ts';
import { pixelShuffles } from './space-depth.ts';

const table: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...concatenation,
    ...convolutions,
    ...elementwise,
    ...matrixProducts,
    ...movements,
    ...normalizations,
    ...pixelShuffles,
    ...poolings,
    ...quantizations,
    ...recurrentOperators,
    ...reductions,
    ...resamplings,
    ...reshapings,
    ...shapeReaders,
  }),
);

/** The record of a node's operator; undefined for operators (or domains) without one, which are barriers. */
export function operatorOf(node: Node): Operator | undefined {
  const domain = node.domain ?? '';
  return domain === '' || domain === 'ai.onnx' ? table.get(node.opType) : undefined;
}

/** Names of all operators that have a rule, sorted. */
export function knownOperators(): readonly string[] {
  return [...table.keys()].sort();
}
