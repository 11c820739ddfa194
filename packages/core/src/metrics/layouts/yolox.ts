// YOLOX without its last step: [N, cells, 5 + classes], boxes relative to their cell, scores already probabilities.
import { toFloat32 } from '../../onnx/tensor.ts';
import { wrongOutput } from '../batch-rows.ts';
import { describeGrid, layGrid } from './grid.ts';
import type { DetectionLayout } from './layout.ts';
import { classesFit, findTable, requireTable } from './output-table.ts';
import { decodeRows } from './yolov5.ts';

/** One row per cell: centre = (p + cell) · stride, size = exp(p) · stride, then objectness and class probabilities. */
export const yolox: DetectionLayout = {
  name: 'yolox',
  matches(outputs, facts = {}) {
    const table = findTable(outputs);
    if (!table || !classesFit(table.size[1] - 5, facts)) return undefined;
    const grid = describeGrid(table.size[0], facts);
    return grid && `'${table.name}' has one row for each of ${grid}`;
  },
  decode(outputs, { inputWidth, inputHeight, threshold }) {
    const table = requireTable(outputs);
    const [images, rows, columns] = table.dims as [number, number, number];
    const cells = layGrid(rows, inputWidth, inputHeight);
    if (!cells)
      throw wrongOutput(table.dims, `has not one row per cell of ${inputWidth}x${inputHeight} pixels`);
    const data = toFloat32(table).slice();
    for (let image = 0; image < images; image++) {
      for (const [row, { x, y, stride }] of cells.entries()) {
        const at = (image * rows + row) * columns;
        data[at] = (data[at]! + x) * stride;
        data[at + 1] = (data[at + 1]! + y) * stride;
        data[at + 2] = Math.exp(data[at + 2]!) * stride;
        data[at + 3] = Math.exp(data[at + 3]!) * stride;
      }
    }
    return decodeRows({ type: 'float32', dims: table.dims, data }, threshold);
  },
};
