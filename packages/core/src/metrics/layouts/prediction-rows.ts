// The form that every layout is brought into: one row per box of centre, size, and scores; read into candidates.
import type { Candidates } from '../nms.ts';

/** The predictions of one image inside a larger array: the value at (row, column) is data[offset + row·rowStep + column·columnStep]. */
export interface PredictionRows {
  readonly data: Float32Array;
  readonly offset: number;
  readonly rowStep: number;
  readonly columnStep: number;
  readonly rows: number;
  /** Columns are centre x, centre y, width, height (pixels of the input), the objectness if there is one, then the classes. */
  readonly columns: number;
  readonly hasObjectness: boolean;
}

/** Everything that scores above the threshold; a score is the class' probability, times the objectness if there is one. */
export function gatherCandidates(predictions: PredictionRows, threshold: number): Candidates {
  const { data, rowStep, columnStep, rows, columns, hasObjectness } = predictions;
  const corners = new Float32Array(4 * rows);
  const candidates = { corners, boxes: [] as number[], classes: [] as number[], scores: [] as number[] };
  const firstClass = hasObjectness ? 5 : 4;
  for (let row = 0; row < rows; row++) {
    const start = predictions.offset + row * rowStep;
    const objectness = hasObjectness ? data[start + 4 * columnStep]! : 1;
    // No class can lift a row above its objectness; written so that NaN does not pass either.
    if (!(objectness > threshold)) continue;
    const [x, y] = [data[start]!, data[start + columnStep]!];
    const [halfWidth, halfHeight] = [data[start + 2 * columnStep]! / 2, data[start + 3 * columnStep]! / 2];
    corners[4 * row] = x - halfWidth;
    corners[4 * row + 1] = y - halfHeight;
    corners[4 * row + 2] = x + halfWidth;
    corners[4 * row + 3] = y + halfHeight;
    for (let column = firstClass; column < columns; column++) {
      const score = objectness * data[start + column * columnStep]!;
      if (!(score > threshold)) continue;
      candidates.boxes.push(row);
      candidates.classes.push(column - firstClass);
      candidates.scores.push(score);
    }
  }
  return candidates;
}
