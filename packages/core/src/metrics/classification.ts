// Accuracy of classifiers: top-1, top-5, counts per class and the confusion matrix.
import { selectOutput, splitRows, targetsOfKind, wrongTarget } from './batch-rows.ts';
import type { Metric } from './metric.ts';

/** How one class fared. */
export interface ClassCounts {
  readonly classIndex: number;
  /** Samples of this class. */
  readonly samples: number;
  /** Samples of any class that were taken for this one. */
  readonly predicted: number;
  /** Samples of this class that were recognised. */
  readonly correct: number;
}

/** How often one class was taken for one (another or the same). Pairs that never occurred are not listed. */
export interface ConfusionCell {
  readonly truth: number;
  /** −1 where the model's answer held no number at all. */
  readonly predicted: number;
  readonly count: number;
}

/** Top-1 and top-5 accuracy, with what lies behind them. */
export interface ClassificationMetric extends Metric {
  /** One entry per class of the output, by index; empty before the first batch. */
  perClass(): readonly ClassCounts[];
  /** The confusion matrix as its non-zero cells, by truth, then by prediction. */
  confusion(): readonly ConfusionCell[];
}

/**
 * Measures the share of samples whose class has the highest (`top1`) or one of the five highest (`top5`) values of an output of
 * [N, C] (or [N, C, 1, 1]), logits and probabilities alike. Of equal values the lower index counts as higher, and NaN as lowest,
 * so a model that answers the same for every class is right once in C times. `output` names the output, default the first.
 * Errors: `metrics.wrong-target` when a class index does not fit the output.
 */
export function createClassificationMetric(output?: string): ClassificationMetric {
  const cells = new Map<string, ConfusionCell>();
  let classCount = 0;
  let samples = 0;
  let within5 = 0;
  const perClass = (): readonly ClassCounts[] => countByClass(classCount, cells.values());
  return {
    name: 'top1',
    higherIsBetter: true,
    add(batch, targets) {
      const truths = targetsOfKind(targets, 'class');
      for (const [i, row] of splitRows(selectOutput(batch, output), truths.length).entries()) {
        const truth = truths[i]!.index;
        if (!(truth >= 0 && truth < row.length)) {
          throw wrongTarget(`Class ${truth} of a sample is none of the ${row.length} classes of the output.`);
        }
        const predicted = argMax(row);
        const key = `${truth} ${predicted}`;
        cells.set(key, { truth, predicted, count: (cells.get(key)?.count ?? 0) + 1 });
        classCount = row.length;
        samples++;
        if (rankOf(row, truth) < 5) within5++;
      }
    },
    result: () => ({ top1: sumCounts(cells, isRight) / samples, top5: within5 / samples }),
    perClass,
    classes: () =>
      new Map(
        perClass().flatMap(({ classIndex, samples: own, correct }) =>
          own === 0 ? [] : [[classIndex, { samples: own, value: correct / own }]],
        ),
      ),
    confusion: () => [...cells.values()].sort((a, b) => a.truth - b.truth || a.predicted - b.predicted),
  };
}

/** Index of the highest value, the first of equals; NaN is skipped, −1 when there is nothing else. */
export function argMax(values: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < values.length; i++) {
    if (best < 0 ? !Number.isNaN(values[i]!) : values[i]! > values[best]!) best = i;
  }
  return best;
}

/** How many values stand before the one at `index`: 0 for the one `argMax` finds, the length for NaN. */
function rankOf(values: ArrayLike<number>, index: number): number {
  const value = values[index]!;
  if (Number.isNaN(value)) return values.length;
  let rank = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! > value || (values[i] === value && i < index)) rank++;
  }
  return rank;
}

function countByClass(classCount: number, cells: Iterable<ConfusionCell>): readonly ClassCounts[] {
  const counts = Array.from({ length: classCount }, (_, classIndex) => ({
    ...{ classIndex, samples: 0, predicted: 0, correct: 0 },
  }));
  for (const { truth, predicted, count } of cells) {
    counts[truth]!.samples += count;
    if (predicted >= 0) counts[predicted]!.predicted += count;
    if (predicted === truth) counts[truth]!.correct += count;
  }
  return counts;
}

function isRight(cell: ConfusionCell): boolean {
  return cell.truth === cell.predicted;
}

function sumCounts(
  cells: ReadonlyMap<string, ConfusionCell>,
  counts: (cell: ConfusionCell) => boolean,
): number {
  let sum = 0;
  for (const cell of cells.values()) if (counts(cell)) sum += cell.count;
  return sum;
}
