// Where importance reads its numbers from: the contract between the criteria and whoever decoded the model.
import type { FlowStep } from '../coupling/coupling.ts';

/** A constant in row-major order: product(dims) elements, already widened to float32. */
export interface Weight {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Reads the constants of a model. Both functions are called many times and should answer from memory. */
export interface WeightSource {
  /** The constant at one input of a node (index into `graph.nodes`); undefined when the input is no constant. */
  readonly read: (node: number, input: number) => Weight | undefined;
  /**
   * The multiplier a `scale` step puts on each of its `count` positions: γ / sqrt(var + ε) for a BatchNormalization. Undefined when it
   * is not known; the criteria then take 1.
   */
  readonly scaleFactors: (step: FlowStep) => Float64Array | undefined;
}
