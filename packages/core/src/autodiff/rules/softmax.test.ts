import { describe } from 'vitest';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const softmax = (opType: string, opset: number, attributes = {}): GradientCase => ({
  inputs: [[2, 3, 4]],
  opset,
  draw: (p, [x]) => p.op(opType, [x!], attributes),
});

for (const opType of ['Softmax', 'LogSoftmax']) {
  describe(opType, () => {
    describeGradient('over the last axis', softmax(opType, 13));
    describeGradient('over an inner axis', softmax(opType, 17, { axis: 1 }));
    describeGradient('over all axes from the first on, at opset 11', softmax(opType, 11));
    describeGradient('over the last axis at opset 11', softmax(opType, 11, { axis: -1 }));
    describeGradient('over everything at opset 9', softmax(opType, 9, { axis: 0 }));
  });
}
