// The table of gradient rules, by operator name.
import type { Node } from '../onnx/model.ts';
import type { GradientRule } from './gradient-rule.ts';
import { activationGradients } from './rules/activation.ts';
import { arithmeticGradients } from './rules/arithmetic.ts';
import { batchNormalizationGradients } from './rules/batch-normalization.ts';
import { convolutionGradients } from './rules/conv.ts';
import { elementwiseGradients } from './rules/elementwise.ts';
import { flatGradients } from './rules/flat.ts';
import { matrixGradients } from './rules/matrix.ts';
import { movementGradients } from './rules/movement.ts';
import { normalizationGradients } from './rules/normalization.ts';
import { poolingGradients } from './rules/pooling.ts';
import { reductionGradients } from './rules/reduction.ts';
import { resizeGradients } from './rules/resize.ts';
import { softmaxGradients } from './rules/softmax.ts';
import { transposedConvolutionGradients } from './rules/transposed-conv.ts';

type Rules = Readonly<Record<string, GradientRule>>;

/** Families of operators that usually read a batch normalization: an activation, a sum, a product, a pooling. */
const readers: Rules = { ...activationGradients, ...arithmeticGradients, ...poolingGradients };

const table: ReadonlyMap<string, GradientRule> = new Map(
  Object.entries<GradientRule>({
    ...Object.fromEntries(
      Object.entries(readers).map(([name, rule]) => [name, { ...rule, readsNormalized: true }]),
    ),
    ...batchNormalizationGradients,
    ...convolutionGradients,
    ...elementwiseGradients,
    ...flatGradients,
    ...matrixGradients,
    ...movementGradients,
    ...normalizationGradients,
    ...reductionGradients,
    ...resizeGradients,
    ...softmaxGradients,
    ...transposedConvolutionGradients,
  }),
);

/** The gradient rule of a node's operator; undefined for operators (or domains) without one. */
export function gradientRuleOf(node: Node): GradientRule | undefined {
  const domain = node.domain ?? '';
  return domain === '' || domain === 'ai.onnx' ? table.get(node.opType) : undefined;
}

/** Names of all operators that have a gradient, sorted. */
export function differentiableOperators(): readonly string[] {
  return [...table.keys()].sort();
}
