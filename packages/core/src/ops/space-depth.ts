// DepthToSpace and SpaceToDepth: pixels become channels and back.

import { intAttribute, stringAttribute } from '../graph/attributes.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { alongAxis, extentAxes } from '../labels/label-tensor.ts';
import type { CouplingContext, MoveFacts, Operator, OutputLabels } from './operator.ts';

/** The b² channels that become one output channel's pixels go together. */
function coupleDepthToSpace(c: CouplingContext): OutputLabels {
  const block = intAttribute(c.node, 'blocksize', 1) ** 2;
  const columnRowDepth = stringAttribute(c.node, 'mode', 'DCR') === 'CRD';
  const channels = c.inShape(0)[1]! / block;
  return [
    c.labels(0).flatMap((tensor): LabelTensor[] => {
      if (extentAxes(tensor).some((axis) => axis !== 1)) {
        c.freeze([tensor], 'moves pixels that carry channels');
        return [];
      }
      const parts = Array.from({ length: block }, (_, part) =>
        Int32Array.from(
          { length: channels },
          (_, channel) => tensor.data[columnRowDepth ? channel * block + part : part * channels + channel]!,
        ),
      );
      return [alongAxis(tensor.dims.length, 1, c.mint('sum', channels, parts))];
    }),
  ];
}

/** Output channel (offset · C + c) is input channel c at one pixel offset. */
function moveSpaceToDepth(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] | undefined {
  if (extentAxes(tensor).some((axis) => axis !== 1)) return undefined;
  const channels = tensor.data.length;
  const out = facts.outShape(0)[1]!;
  return [
    alongAxis(
      tensor.dims.length,
      1,
      Int32Array.from({ length: out }, (_, k) => tensor.data[k % channels]!),
    ),
  ];
}

/** Records of the pixel shuffles. */
export const pixelShuffles: Readonly<Record<string, Operator>> = {
  DepthToSpace: { couple: coupleDepthToSpace },
  SpaceToDepth: { move: moveSpaceToDepth },
};
