// YOLOv8 and YOLO11: [N, 4 + classes, cells], decoded boxes without objectness, one box per column.
import { toFloat32 } from '../../onnx/tensor.ts';
import { describeGrid } from './grid.ts';
import type { DetectionLayout } from './layout.ts';
import { classesFit, findTable, requireTable } from './output-table.ts';
import { gatherCandidates } from './prediction-rows.ts';

/** Columns of centre, size and class probabilities. */
export const yolov8: DetectionLayout = {
  name: 'yolov8',
  matches(outputs, facts = {}) {
    const table = findTable(outputs);
    if (!table || !classesFit(table.size[0] - 4, facts)) return undefined;
    const grid = describeGrid(table.size[1], facts);
    return grid && `'${table.name}' has one column for each of ${grid}`;
  },
  decode(outputs, { threshold }) {
    const table = requireTable(outputs);
    const data = toFloat32(table);
    const [images, columns, rows] = table.dims as [number, number, number];
    const shape = { data, rows, columns, rowStep: 1, columnStep: rows, hasObjectness: false };
    return Array.from({ length: images }, (_, image) =>
      gatherCandidates({ ...shape, offset: image * rows * columns }, threshold),
    );
  },
};
