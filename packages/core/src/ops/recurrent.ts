// LSTM, GRU and RNN as consumers: their input weights are cut along the input features, their own state stays.
import { collapse, splitByAxes } from './labels.ts';
import type { CostFacts, CouplingContext, Operator, OutputLabels } from './operator.ts';

function coupleRecurrent(c: CouplingContext): OutputLabels {
  const none = c.node.outputs.map(() => []);
  for (let input = 2; input < c.node.inputs.length; input++) {
    c.freeze(c.labels(input), 'reads them as a recurrent state', input);
  }
  if (c.kind(1) !== 'constant') {
    c.freeze(c.labels(0), 'has weights that are computed from the input');
    return none;
  }
  const { along, rest } = splitByAxes(c.labels(0), [2]);
  c.freeze(rest, 'runs over positions that carry channels');
  const kernel = { out: 1, in: 2, spatial: [0], flipped: false };
  for (const flow of collapse(c, along, 2, c.inShape(0)[2]!)) {
    c.use({ input: 1, role: 'consume', axis: 2, flow, kernel });
  }
  return none;
}

/** Input and recurrent products over all steps and directions. */
const recurrentMacs = (facts: CostFacts): number => {
  const x = facts.inShape(0);
  const w = facts.inShape(1);
  const r = facts.inShape(2);
  return x[0]! * x[1]! * w[0]! * w[1]! * (w[2]! + r[2]!);
};

const record: Operator = { couple: coupleRecurrent, macs: recurrentMacs };

/** Records of the recurrent operators. */
export const recurrentOperators: Readonly<Record<string, Operator>> = {
  LSTM: record,
  GRU: record,
  RNN: record,
};
