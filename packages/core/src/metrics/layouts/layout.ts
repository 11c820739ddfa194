// What a detector's output layout is: how to recognise it by its shapes, and how to read boxes from it.
import type { NdArray } from '../../onnx/nd-array.ts';
import type { Candidates } from '../nms.ts';

/** A name and shape of an output; axes of unknown size are null or a symbol. */
export interface OutputShape {
  readonly name: string;
  readonly dims: readonly (number | string | null)[];
}

/** What is known beside the shapes; each fact makes a guess safer. */
export interface LayoutFacts {
  /** Size of the model's input, pixels; without it the input is taken to be square. */
  readonly inputWidth?: number;
  readonly inputHeight?: number;
  /** Number of classes the labels know. */
  readonly classCount?: number;
}

/** Widths and heights of the anchors at one scale, pixels of the input. */
export type ScaleAnchors = readonly (readonly [width: number, height: number])[];

/** What decoding needs to know. */
export interface DecodeOptions {
  /** Size of the model's input, pixels. */
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** Candidates score above this, 0 to 1. */
  readonly threshold: number;
  /** For heads that leave the anchors to the reader: per scale, from the finest (smallest stride) on. */
  readonly anchors?: readonly ScaleAnchors[];
}

/** One way in which detectors lay out what they found. */
export interface DetectionLayout {
  readonly name: string;
  /** Says in a phrase what speaks for this layout, or undefined when the shapes are not its own. */
  matches(outputs: readonly OutputShape[], facts?: LayoutFacts): string | undefined;
  /**
   * Reads the candidates of each image; boxes by their corners in pixels of the input. Errors, kind `data`:
   * `metrics.wrong-output` when the shapes are not those of this layout, `metrics.no-anchors` when it needs anchors and has none.
   */
  decode(outputs: Readonly<Record<string, NdArray>>, options: DecodeOptions): readonly Candidates[];
}
