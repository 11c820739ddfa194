// The formulations a convolution and its two gradients can be written in, and which one a training graph uses for each.
// The result is the same up to rounding; the speed depends on the shape and the machine.

/** How the forward convolution is written. `plain`: the operator itself. `blocked`: ONNX Runtime's own channel-blocked convolution. */
export type ForwardFormulation = 'plain' | 'blocked';

/**
 * How the gradient of the input is written. `transposed`: ConvTranspose with the weights. `flipped`: a convolution of the output's gradient
 * with the flipped weights (stride 1). `blocked`: the same with the channel-blocked operator, zeros between the rows for strides.
 */
export type InputGradientFormulation = 'transposed' | 'flipped' | 'blocked';

/**
 * How the gradient of the weights is written: one matrix product per kernel tap, of the output's gradient and the shifted input.
 * `images`: a product per image, summed afterwards. `rows`: channels last, one product over all images.
 */
export type WeightGradientFormulation = 'images' | 'rows';

/** The formulations of one convolution. */
export interface ConvolutionChoice {
  readonly forward: ForwardFormulation;
  readonly input: InputGradientFormulation;
  readonly weight: WeightGradientFormulation;
}

/** A convolution as far as its speed is concerned; sizes at the traced batch. */
export interface ConvolutionShape {
  /** [N, C, …spatial]. */
  readonly input: readonly number[];
  /** [O, C/groups, …kernel]. */
  readonly weight: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All beginnings, then all ends. */
  readonly pads: readonly number[];
  readonly groups: number;
}

/** A shape as one text, equal for equal shapes. */
export function convolutionKey({
  input,
  weight,
  strides,
  dilations,
  pads,
  groups,
}: ConvolutionShape): string {
  return [input, weight, strides, dilations, pads, [groups]].map((list) => list.join('x')).join(' ');
}

/** Which formulations a graph is written in. */
export interface ConvolutionChoices {
  /** Channels per block of the runtime's channel-blocked layout (16 with AVX-512, else 8); 0 where it has none. */
  readonly block: number;
  choose(shape: ConvolutionShape): ConvolutionChoice;
}

/** What every runtime can run. */
export const plainChoices: ConvolutionChoices = {
  block: 0,
  choose: ({ strides, weight }) => ({
    forward: 'plain',
    input: strides.every((s) => s === 1) && weight.length === 4 ? 'flipped' : 'transposed',
    weight: 'images',
  }),
};
