// Which metrics suit a model and its data: what the labels are, and what the outputs look like.
import {
  type AgreementMetric,
  createClassificationMetric,
  createDetectionAgreement,
  createDetectionMetric,
  createSegmentationMetric,
  type Detector,
  EspalierError,
  findLayout,
  guessLayout,
  type Metric,
} from '@espalier/core';
import type { OpenEvaluation } from './open-evaluation.ts';

/** What {@link chooseMetrics} decided. */
export interface MetricChoice {
  /** Makes a new metric against the labels; absent without labels. */
  readonly createMetric?: () => Metric;
  /** Makes a new metric against the answers of another model; absent where espalier has none for this task. */
  readonly createAgreement?: () => AgreementMetric;
  /** One sentence per decision a user may want to check. */
  readonly notes: readonly string[];
}

type Facts = Pick<OpenEvaluation, 'target' | 'task' | 'dataset' | 'sessions' | 'preprocess'>;

/**
 * Chooses the metrics for the labels at hand: top-1 and top-5 for classes, mean IoU for masks, mean average precision for boxes, whose output layout is
 * `layout` or guessed from the shapes. Detectors also agree or not without labels. Errors, kind `data`: `eval.no-metric` for labels
 * that no metric of espalier's own is for, `eval.unknown-layout` when the layout cannot be guessed; `metrics.unknown-layout` (usage).
 */
export function chooseMetrics(facts: Facts, layout?: string): MetricChoice {
  const { target, task, dataset, preprocess } = facts;
  if (target === 'class') return { createMetric: () => createClassificationMetric(), notes: [] };
  if (task === 'detect') {
    const { detector, notes } = findDetector(facts, layout);
    return {
      ...(target === 'boxes' && { createMetric: () => createDetectionMetric(detector) }),
      createAgreement: () => createDetectionAgreement(detector),
      notes,
    };
  }
  if (target === 'mask') {
    const { width: inputWidth, height: inputHeight } = preprocess;
    return { createMetric: () => createSegmentationMetric({ inputWidth, inputHeight }), notes: [] };
  }
  if (target === 'none') return { notes: [] };
  throw new EspalierError({
    kind: 'data',
    code: 'eval.no-metric',
    message: `The data ${dataset.name} have labels of kind '${target}', which no metric of espalier's own is for.`,
    hint: 'Bring your own metric with --metric FILE.',
  });
}

function findDetector(
  { sessions, preprocess, dataset }: Facts,
  name: string | undefined,
): { readonly detector: Detector; readonly notes: readonly string[] } {
  const input = { inputWidth: preprocess.width, inputHeight: preprocess.height };
  if (name !== undefined) return { detector: { ...input, layout: findLayout(name) }, notes: [] };
  const outputs = sessions[0]!.outputs.map((output) => ({ name: output.name, dims: output.dims ?? [] }));
  const classCount = dataset.classNames?.length;
  const { layout, reason } = guessLayout(outputs, {
    ...input,
    ...(classCount !== undefined && { classCount }),
  });
  if (layout) return { detector: { ...input, layout }, notes: [reason] };
  throw new EspalierError({
    kind: 'data',
    code: 'eval.unknown-layout',
    message: `How the model lays out its detections is not clear: ${reason}`,
    hint: 'Name the layout with --layout.',
  });
}
