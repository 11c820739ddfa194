// What every reader hands out: samples with their targets, and the data set that yields them in a fixed order.
import type { NdArray } from '../onnx/nd-array.ts';
import type { Image } from './image.ts';

/** What a model is fed from: a picture still to be preprocessed, or an array that is fed as it is (no batch axis). */
export type SampleInput =
  | { readonly kind: 'image'; readonly image: Image }
  | { readonly kind: 'array'; readonly array: NdArray };

/** One labelled object; corners in pixels of the original image, x to the right, y down, x2 and y2 exclusive. */
export interface TargetBox {
  readonly classIndex: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** A region of many objects (COCO `iscrowd`): detections in it count neither for nor against. */
  readonly crowd?: boolean;
}

/** What is known to be true of a sample. */
export type Target =
  | { readonly kind: 'class'; readonly index: number }
  | {
      readonly kind: 'boxes';
      readonly boxes: readonly TargetBox[];
      /** Size of the original image, pixels. */
      readonly width: number;
      readonly height: number;
    }
  /** One class index per pixel, row by row. */
  | { readonly kind: 'mask'; readonly width: number; readonly height: number; readonly data: Uint8Array }
  | { readonly kind: 'array'; readonly array: NdArray }
  | { readonly kind: 'none' };

/** One input with its target. */
export interface Sample {
  /** The file relative to the data set's folder, or the record's index. */
  readonly id: string;
  readonly input: SampleInput;
  readonly target: Target;
}

/** The class of a sample, told without reading its picture. */
export interface ClassLabel {
  /** The sample's id. */
  readonly id: string;
  readonly index: number;
}

/** How a data set is walked through. */
export interface SampleOptions {
  /** At most this many samples, chosen over the whole set as `Dataset.choice` says; default: all. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Corrupt images to skip before giving up, default 0: the first one is an error. */
  readonly corruptLimit?: number;
  /** Called for each skipped image with the error it would have been. */
  readonly onCorrupt?: (error: Error) => void;
}

/** The formats that can be told apart and read. */
export const DATASET_KINDS = ['images', 'cifar10', 'records', 'yolo', 'coco', 'arrays', 'csv'] as const;

/** Name of a format. */
export type DatasetKind = (typeof DATASET_KINDS)[number];

/** A readable collection. Walking through it twice gives the same samples in the same order. */
export interface Dataset {
  /** The path it was opened with. */
  readonly name: string;
  readonly kind: DatasetKind;
  /** Number of samples without a limit. */
  readonly size: number;
  /** Names by class index, where the format knows them. */
  readonly classNames?: readonly string[];
  /** Which of its parts this is, where it has parts. */
  readonly split?: string;
  /** One sentence: what it holds and how it was recognised. */
  readonly description: string;
  /** One phrase: which samples a limit takes. */
  readonly choice: string;
  samples(options?: SampleOptions): AsyncIterable<Sample>;
  /**
   * The sample at a position from 0 to size − 1, where `samples` without a limit yields it; in any order, several at a time. Rejects with
   * `data.corrupt-image` where `samples` would skip or fail, and with `usage.no-such-sample` beyond the end.
   */
  sampleAt(position: number): Promise<Sample>;
  /** The classes of all samples by position; absent where there are none, or where only the samples themselves tell. */
  classLabels?(): Promise<readonly ClassLabel[]>;
}
