// A node seen as a linear map: every output position is a matrix times the patch of the input it looks at, plus a bias.

/** One axis along which a kernel slides. */
export interface Window {
  /** The same axis of the data and of the output. */
  readonly axis: number;
  /** Kernel taps along it. */
  readonly taps: number;
  /** Which input position a tap reads for an output position; negative or beyond the input where it reads padding. */
  readonly reads: (tap: number, position: number) => number;
}

/** Where an element of the weight lies: at group·g + channel·c + tap·t + out·o, taps counted row by row over all windows. */
export interface WeightStrides {
  readonly group: number;
  readonly channel: number;
  readonly tap: number;
  readonly out: number;
}

/**
 * output = scale · weight × patches + biasScale · bias, in `groups` independent blocks. Axes that are neither channels nor windows are rows:
 * data and output have them in the same order.
 */
export interface LinearLayer {
  /** Inputs of the node: the data, the constant weight, and where a bias stands or may be put (undefined: nowhere). */
  readonly data: number;
  readonly weight: number;
  readonly bias: number | undefined;
  /** Channel axes of the data and of the output. */
  readonly inAxis: number;
  readonly outAxis: number;
  readonly groups: number;
  /** Input and output channels of one group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly windows: readonly Window[];
  readonly strides: WeightStrides;
  /** Factors the node itself multiplies with (Gemm's alpha and beta), else 1. */
  readonly scale: number;
  readonly biasScale: number;
}

/** Taps of the whole kernel. */
export function tapCount({ windows }: Pick<LinearLayer, 'windows'>): number {
  return windows.reduce((product, { taps }) => product * taps, 1);
}
