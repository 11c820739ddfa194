// The table of gradient rules, by operator name.
import type { Node } from '../onnx/model.ts';
import type { GradientRule } from './gradient-rule.ts';
import { convolutionGradients } from './rules/conv.ts';
import { elementwiseGradients } from './rules/elementwise.ts';

const table: ReadonlyMap<string, GradientRule> = new Map(
  Object.entries({
    ...convolutionGradients,
    ...elementwiseGradients,
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
