// Operators that no gradient passes: their outputs are piecewise constant in their inputs, or depend on shapes alone.
import type { GradientRule } from '../gradient-rule.ts';

const flat: GradientRule = { backward: () => [], flat: true };

const COMPARISONS = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'IsInf', 'IsNaN'];
const LOGIC = ['And', 'Or', 'Xor', 'Not'];
const STEPS = ['Ceil', 'Floor', 'Round', 'Sign', 'Hardmax'];
const INDICES = ['ArgMax', 'ArgMin', 'NonMaxSuppression', 'NonZero', 'OneHot'];
const SHAPES = ['ConstantOfShape', 'EyeLike', 'Range', 'Shape', 'Size'];

/** Rules of the operators that never carry gradients. */
export const flatGradients: Readonly<Record<string, GradientRule>> = Object.fromEntries(
  [...COMPARISONS, ...LOGIC, ...STEPS, ...INDICES, ...SHAPES].map((name) => [name, flat]),
);
