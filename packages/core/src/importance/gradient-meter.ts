// What gradients say of filters, added up batch by batch: Σ gradient · value over the elements that belong to each channel.
import type { Coupling, Use } from '../coupling/coupling.ts';
import type { Parameter } from '../training/parameters.ts';
import { type GradientSource, unusable } from './data-source.ts';
import { createFilterViews } from './filter-view.ts';
import type { WeightSource } from './weight-source.ts';

/** Takes the gradients of batches. */
export interface GradientMeter {
  /** A vector of all parameters. Error, kind data: `importance.non-finite`. */
  add(gradient: Float32Array): void;
  result(): GradientSource;
}

/**
 * Watches the parameters that make channels (weights and biases) or scale them (batch normalization). Error: `importance.non-finite` for a
 * weight that is no number.
 */
export function createGradientMeter(
  coupling: Coupling,
  weights: WeightSource,
  parameters: readonly Parameter[],
): GradientMeter {
  const viewOf = createFilterViews(weights);
  const offsets = new Map(parameters.map(({ value, offset }) => [value, offset]));
  const scales = new Set(coupling.flow.filter(({ kind }) => kind === 'scale').map(({ node }) => node));
  const makes = ({ role, node }: Use): boolean => role === 'produce' || (role === 'pass' && scales.has(node));
  const watched = coupling.uses.filter((use) => makes(use) && offsets.has(use.value));
  const products = new Map<number, Float64Array[]>(watched.map((use) => [use.id, []]));
  return {
    add(gradient) {
      for (const use of watched) {
        const { data, positions, stride, items, taps } = viewOf(use);
        const offset = offsets.get(use.value)!;
        const sums = new Float64Array(positions);
        for (let position = 0; position < positions; position++) {
          for (const item of items) {
            const start = position * stride + item;
            for (const tap of taps) sums[position]! += data[start + tap]! * gradient[offset + start + tap]!;
          }
        }
        const broken = sums.findIndex((sum) => !Number.isFinite(sum));
        if (broken >= 0) throw unusable(use.value, `the gradient of channel ${broken}`, sums[broken]!);
        products.get(use.id)!.push(sums);
      }
    },
    result: () => ({ products }),
  };
}
