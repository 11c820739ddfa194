// YOLOv5, and YOLOv7 with its heads joined: [N, 3 · cells, 5 + classes], decoded boxes with objectness.
import type { NdArray } from '../../onnx/nd-array.ts';
import { toFloat32 } from '../../onnx/tensor.ts';
import type { Candidates } from '../nms.ts';
import { describeGrid } from './grid.ts';
import type { DetectionLayout } from './layout.ts';
import { classesFit, findTable, requireTable } from './output-table.ts';
import { gatherCandidates } from './prediction-rows.ts';

const ANCHORS_PER_CELL = 3;

/** Rows of centre, size, objectness and class probabilities; the raw heads may stand beside the table. */
export const yolov5: DetectionLayout = {
  name: 'yolov5',
  matches(outputs, facts = {}) {
    const table = findTable(outputs);
    if (!table || !classesFit(table.size[1] - 5, facts)) return undefined;
    const grid = describeGrid(table.size[0] / ANCHORS_PER_CELL, facts);
    return grid && `'${table.name}' has ${ANCHORS_PER_CELL} rows for each of ${grid}`;
  },
  decode: (outputs, { threshold }) => decodeRows(requireTable(outputs), threshold),
};

/** The candidates in an array of [N, rows, 5 + classes] that holds decoded boxes with objectness. */
export function decodeRows(array: NdArray, threshold: number): readonly Candidates[] {
  const data = toFloat32(array);
  const [images, rows, columns] = array.dims as [number, number, number];
  const shape = { data, rows, columns, rowStep: columns, columnStep: 1, hasObjectness: true };
  return Array.from({ length: images }, (_, image) =>
    gatherCandidates({ ...shape, offset: image * rows * columns }, threshold),
  );
}
