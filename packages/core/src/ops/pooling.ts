// Pooling: windows over positions, channel by channel.
import { splitByAxes } from './labels.ts';
import type { CouplingContext, Operator, OutputLabels } from './operator.ts';

function couplePool(c: CouplingContext): OutputLabels {
  const spatial = c.inShape(0).flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const { along, rest } = splitByAxes(c.labels(0), spatial);
  c.freeze(along, 'pools over positions that carry channels');
  if (c.node.outputs[1]) c.freeze(rest, 'counts positions across all channels');
  return c.node.outputs.map(() => rest);
}

const pool: Operator = { couple: couplePool };

/** Records of the pooling operators. */
export const poolings: Readonly<Record<string, Operator>> = {
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalMaxPool: { ...pool, averages: true },
  GlobalAveragePool: { ...pool, averages: true },
  GlobalLpPool: pool,
};
