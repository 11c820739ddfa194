// Which metrics suit a model and its data: what the labels are, what the model is for, and what its outputs look like.
import {
  type AgreementMetric,
  createClassificationAgreement,
  createClassificationMetric,
  createDetectionAgreement,
  createDetectionMetric,
  createOutputAgreement,
  createPsnrMetric,
  createSegmentationMetric,
  type Detector,
  EspalierError,
  findLayout,
  guessLayout,
  type Metric,
  type NdArray,
  toFloat32,
} from '@espalier/core';
import { type OpenEvaluation, outputShapes } from './open-evaluation.ts';

/** What {@link chooseMetrics} decided. */
export interface MetricChoice {
  /** Makes a new metric against the labels; absent without labels. */
  readonly createMetric?: () => Metric;
  /** Makes a new metric against the answers of another model. */
  readonly createAgreement: () => AgreementMetric;
  /** One sentence per decision a user may want to check. */
  readonly notes: readonly string[];
}

/** What a user says of the metrics. */
export interface MetricWishes {
  /** How a detector lays out its boxes; default: guessed from the shapes. */
  readonly layout?: string;
  /** Takes the place of the metric against the labels. */
  readonly createMetric?: () => Metric;
}

type Facts = Pick<OpenEvaluation, 'target' | 'task' | 'dataset' | 'sessions' | 'preprocess'>;

/** A detector, with the sentence that tells its layout. */
interface FoundDetector {
  readonly detector?: Detector;
  readonly reason: string;
}

/**
 * Chooses the metrics. Against labels: top-1 and top-5 for classes, mean average precision for boxes, mean IoU for masks, PSNR for
 * arrays. Against another model, by the task: top-1 agreement and KL of classifiers, mean average precision of detectors, relative
 * L2 and cosine of every output of anything else, detectors of unknown layout among them. Errors: `eval.unknown-layout` (data) for
 * labelled boxes whose layout cannot be guessed; `metrics.unknown-layout` (usage).
 */
export function chooseMetrics(facts: Facts, wishes: MetricWishes = {}): MetricChoice {
  const { target, task } = facts;
  const found = task.task === 'detect' ? findDetector(facts, wishes.layout) : undefined;
  const agreement = chooseAgreement(facts, found);
  if (wishes.createMetric) return { ...agreement, createMetric: wishes.createMetric };
  switch (target.kind) {
    case 'none':
      return agreement;
    case 'class':
      return { ...agreement, createMetric: () => createClassificationMetric() };
    case 'boxes': {
      const { detector, reason } = found ?? findDetector(facts, wishes.layout);
      if (!detector) throw unknownLayout(reason);
      return { ...agreement, createMetric: () => createDetectionMetric(detector) };
    }
    case 'mask': {
      const { width: inputWidth, height: inputHeight } = facts.preprocess;
      return { ...agreement, createMetric: () => createSegmentationMetric({ inputWidth, inputHeight }) };
    }
    case 'array': {
      const peak = guessPeak(target.array);
      const note = `PSNR takes ${peak} as the largest value there is, as the first sample suggests.`;
      return {
        ...agreement,
        createMetric: () => createPsnrMetric({ peak }),
        notes: [...agreement.notes, note],
      };
    }
  }
}

function chooseAgreement({ task }: Facts, found: FoundDetector | undefined): MetricChoice {
  if (found) {
    const { detector, reason } = found;
    return {
      createAgreement: detector ? () => createDetectionAgreement(detector) : createOutputAgreement,
      // Where the layout told the task, that was said already.
      notes: reason === '' || reason === task.reason ? [] : [reason],
    };
  }
  return {
    createAgreement: task.task === 'classify' ? () => createClassificationAgreement() : createOutputAgreement,
    notes: [],
  };
}

function findDetector({ sessions, preprocess, dataset }: Facts, name: string | undefined): FoundDetector {
  const input = { inputWidth: preprocess.width, inputHeight: preprocess.height };
  if (name !== undefined) return { detector: { ...input, layout: findLayout(name) }, reason: '' };
  const classCount = dataset.classNames?.length;
  const { layout, reason } = guessLayout(outputShapes(sessions[0]!), {
    ...input,
    ...(classCount !== undefined && { classCount }),
  });
  return { ...(layout && { detector: { ...input, layout } }), reason };
}

/** Pictures hold 0 to 255 or 0 to 1; filters may overshoot the latter a little. */
function guessPeak(array: NdArray): number {
  const values = toFloat32(array);
  return array.type === 'uint8' || values.some((value) => value > 2) ? 255 : 1;
}

function unknownLayout(reason: string): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'eval.unknown-layout',
    message: `How the model lays out its detections is not clear: ${reason}`,
    hint: 'Name the layout with --layout.',
  });
}
