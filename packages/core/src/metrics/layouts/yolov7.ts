// YOLOv7 with separate heads (YOLOv5 exports them too): per scale [N, anchors, h, w, 5 + classes], all before the sigmoid.

import { EspalierError } from '../../errors.ts';
import type { NdArray } from '../../onnx/nd-array.ts';
import { toFloat32 } from '../../onnx/tensor.ts';
import { wrongOutput } from '../batch-rows.ts';
import type { DecodeOptions, DetectionLayout } from './layout.ts';
import { classesFit } from './output-table.ts';
import { decodeRows, yolov5 } from './yolov5.ts';

/**
 * One head per scale: centre = (2σ(p) − ½ + cell) · stride, size = (2σ(p))² · anchor, objectness and classes σ(p). With the heads
 * joined to one table the layout is that of `yolov5`, which `decode` reads as well.
 */
export const yolov7: DetectionLayout = {
  name: 'yolov7',
  matches(outputs, facts = {}) {
    const columns = outputs.map(({ dims }) => (dims.length === 5 ? dims[4] : undefined));
    const [first] = columns;
    if (typeof first !== 'number' || columns.some((count) => count !== first)) return undefined;
    if (!classesFit(first - 5, facts)) return undefined;
    const names = outputs.map(({ name }) => `'${name}'`).join(', ');
    return `${names} have one row of 5 + ${first - 5} per anchor and cell`;
  },
  decode(outputs, options) {
    const heads = Object.values(outputs);
    if (heads.some((head) => head.dims.length === 3)) return yolov5.decode(outputs, options);
    const odd = heads.find(
      ({ dims }) => dims.length !== 5 || dims[0] !== heads[0]!.dims[0] || dims[4] !== heads[0]!.dims[4],
    );
    if (odd || heads.length === 0) {
      throw wrongOutput(odd?.dims ?? [], 'is not a head of [N, anchors, h, w, 5 + classes] like the others');
    }
    return decodeRows(joinHeads(heads, options), options.threshold);
  },
};

/** Decodes the heads, finest grid first, into one array of [N, rows, 5 + classes]. */
function joinHeads(heads: readonly NdArray[], options: DecodeOptions): NdArray {
  const ordered = heads.toSorted((a, b) => b.dims[2]! - a.dims[2]!);
  const [images, , , , columns] = ordered[0]!.dims as [number, number, number, number, number];
  const rowsOf = ({ dims }: NdArray): number => dims[1]! * dims[2]! * dims[3]!;
  const rows = ordered.reduce((sum, head) => sum + rowsOf(head), 0);
  const joined = new Float32Array(images * rows * columns);
  let row = 0;
  for (const [scale, head] of ordered.entries()) {
    const data = toFloat32(head);
    const size = rowsOf(head) * columns;
    const place = placeRows(head, scale, options);
    for (let image = 0; image < images; image++) {
      const target = joined.subarray((image * rows + row) * columns).subarray(0, size);
      for (let i = 0; i < size; i++) target[i] = 1 / (1 + Math.exp(-data[image * size + i]!));
      place(target, columns);
    }
    row += rowsOf(head);
  }
  return { type: 'float32', dims: [images, rows, columns], data: joined };
}

/** How the first four columns of one head's rows, after the sigmoid, become boxes in pixels. */
function placeRows(head: NdArray, scale: number, options: DecodeOptions) {
  const [, anchorCount, height, width] = head.dims as [number, number, number, number, number];
  const [strideX, strideY] = [options.inputWidth / width, options.inputHeight / height];
  const anchors = options.anchors?.[scale];
  if (anchors?.length !== anchorCount) {
    throw new EspalierError({
      kind: 'data',
      code: 'metrics.no-anchors',
      message: `The head of shape [${head.dims.join(', ')}] needs ${anchorCount} anchors, but scale ${scale} has ${anchors?.length ?? 0}.`,
      hint: "Give the anchors that the model was trained with, finest scale first; its configuration lists them as 'anchors'.",
    });
  }
  return (rows: Float32Array, columns: number): void => {
    let at = 0;
    for (const [anchorWidth, anchorHeight] of anchors) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at += columns) {
          rows[at] = (2 * rows[at]! - 0.5 + x) * strideX;
          rows[at + 1] = (2 * rows[at + 1]! - 0.5 + y) * strideY;
          rows[at + 2] = (2 * rows[at + 2]!) ** 2 * anchorWidth;
          rows[at + 3] = (2 * rows[at + 3]!) ** 2 * anchorHeight;
        }
      }
    }
  };
}
