// QuantizeLinear and DequantizeLinear on activations: element-wise, with scales cut along where they are per channel.
import { intAttribute } from '../graph/attributes.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Selection } from '../labels/channel-use.ts';
import type { Node } from '../onnx/model.ts';
import { freezeOperands, representative, splitByAxes } from './labels.ts';
import type { CouplingContext, Operator, OutputLabels } from './operator.ts';

function coupleQuantize(c: CouplingContext): OutputLabels {
  const rank = c.inShape(0).length;
  const given = intAttribute(c.node, 'axis', 1);
  const axis = given < 0 ? given + rank : given;
  freezeOperands(c, [1, 2], 'reads them as scales');
  for (const tensor of splitByAxes(c.labels(0), [axis]).along) {
    for (const input of [1, 2]) {
      if (c.kind(input) === 'absent') continue;
      const perChannel = c.inShape(input).length === 1 && c.inShape(input)[0]! > 1;
      if (perChannel && c.kind(input) === 'constant') {
        c.use({ input, role: 'pass', axis: 0, flow: representative(tensor, axis) });
      } else if (perChannel || c.inShape(input).length > 1) {
        c.freeze([tensor], 'is quantised with scales that cannot be cut');
      }
    }
  }
  return [c.labels(0)];
}

/** A cut of a dequantised weight is a cut of the stored integers and of their per-axis scales. */
function pullBack(
  traced: TracedModel,
  node: Node,
  selection: Selection,
): readonly (Selection | undefined)[] | undefined {
  const rank = traced.shapeOf(node.inputs[0]!)?.length ?? 0;
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 ? given + rank : given;
  const scales = (input: number): Selection | undefined | 'refused' => {
    const shape = traced.shapeOf(node.inputs[input] ?? '');
    if (!shape || shape.length === 0 || shape[0] === 1) return undefined;
    if (shape.length > 1 || selection.blocks?.inner === axis) return 'refused';
    const kept = selection.axes.get(axis);
    return kept && { axes: new Map([[0, kept]]) };
  };
  const [scale, zero] = [scales(1), scales(2)];
  return scale === 'refused' || zero === 'refused' ? undefined : [selection, scale, zero];
}

const record: Operator = { couple: coupleQuantize };

/** Records of the quantisation pair. */
export const quantizations: Readonly<Record<string, Operator>> = {
  QuantizeLinear: { ...record, quantizes: true },
  DequantizeLinear: { ...record, pullBack },
};
