// What a training strives for, from what is at hand: the model's task, labels, a teacher, and the user's wishes.
import {
  checkClassLabels,
  classificationObjective,
  type Dataset,
  detectorObjective,
  EspalierError,
  findFeatures,
  findHeads,
  findLogits,
  type ModelTask,
  matchingObjective,
  type Objective,
  type Target,
  type TracedModel,
  tracedShape,
} from '@espalier/core';

/** What a user says of the objective. */
export interface ObjectiveWishes {
  /** Whether labels play a part where there are any, default true. */
  readonly labels?: boolean;
  /** Label smoothing, 0 to 1, default 0. */
  readonly smoothing?: number;
  /** Weight of the teacher's answers beside the labels' 1, default 1 where there is a teacher. */
  readonly distil?: number;
  /** Of the distillation, default 2. */
  readonly temperature?: number;
  /** Values that should stay what they are in the teacher; default: none, with a detector the maps that its layers read. */
  readonly match?: readonly string[];
}

/** What the choice is made from. */
export interface ObjectiveFacts {
  /** At the batch of the training, with the model's outputs. */
  readonly traced: TracedModel;
  readonly task: ModelTask;
  /** What is known to be true of the first sample. */
  readonly target: Target;
  readonly dataset: Dataset;
  readonly hasTeacher: boolean;
}

/** An objective with the sentence that says what it is. */
export interface ObjectiveChoice {
  readonly objective: Objective;
  readonly reason: string;
}

type Chooser = (facts: ObjectiveFacts, wishes: ObjectiveWishes) => ObjectiveChoice | Promise<ObjectiveChoice>;

/** How each task is trained. */
const CHOOSERS: Readonly<Record<ModelTask, Chooser>> = {
  classify: chooseForClassifier,
  detect: chooseForDetector,
  segment: chooseMatching,
  other: chooseMatching,
};

/**
 * Chooses the objective. Classifiers learn from labels, from a teacher's logits, or both; detectors match the raw maps of the teacher's heads where
 * it is confident and maps inside; everything else matches the teacher's outputs. Errors: kind usage `train.nothing-to-learn` (neither labels that can be learned from
 * nor a teacher), `train.no-teacher` (values to match without one); kind data `data.label-out-of-range`; kind model `train.no-classifier`.
 */
export async function chooseObjective(
  facts: ObjectiveFacts,
  wishes: ObjectiveWishes = {},
): Promise<ObjectiveChoice> {
  const { match = [], distil = 0 } = wishes;
  if (!facts.hasTeacher && (match.length > 0 || distil > 0)) {
    throw new EspalierError({
      kind: 'usage',
      code: 'train.no-teacher',
      message: 'Answers of another model are to be matched, and none was given.',
      hint: 'Name the original model with --teacher.',
    });
  }
  return CHOOSERS[facts.task](facts, wishes);
}

async function chooseForClassifier(facts: ObjectiveFacts, wishes: ObjectiveWishes): Promise<ObjectiveChoice> {
  const { traced, target, dataset, hasTeacher } = facts;
  const { labels: wanted = true, smoothing = 0, temperature = 2, match = [] } = wishes;
  const labelled = wanted && target.kind === 'class';
  const distil = hasTeacher ? (wishes.distil ?? 1) : 0;
  if (!labelled && distil === 0 && match.length === 0) throw nothingToLearn(facts, wanted);
  const output = findLogits(traced, traced.graph.outputs[0]!.name);
  const dims = tracedShape(traced, output);
  if (dims.length < 2 || dims.slice(2).some((size) => size !== 1)) throw noClassifier(output, dims);
  if (labelled) await checkClassLabels(dataset, dims[1]!);
  const parts = [
    ...(labelled ? ['the labels'] : []),
    ...(distil > 0 ? [`the teacher's logits '${output}' at temperature ${temperature}`] : []),
    ...match.map((value) => `the teacher's '${value}'`),
  ];
  return {
    objective: classificationObjective({
      output,
      labels: labelled ? 1 : 0,
      distil,
      smoothing,
      temperature,
      match,
    }),
    reason: `Trained on ${parts.join(' and ')}.`,
  };
}

function chooseForDetector(facts: ObjectiveFacts, wishes: ObjectiveWishes): ObjectiveChoice {
  const { traced, dataset, hasTeacher } = facts;
  if (!hasTeacher) throw nothingToLearn(facts, true);
  const classCount = dataset.classNames?.length;
  const maps = findHeads(traced).map((value) => ({ value, dims: tracedShape(traced, value) }));
  const areMaps = maps.length > 0 && maps.every(({ dims }) => dims.length === 4);
  if (!areMaps || classCount === undefined) return chooseMatching(facts, wishes);
  const heads = maps.map(({ value }) => value);
  const features = wishes.match ?? findFeatures(traced, heads);
  const inside = features.length > 0 ? `, and on ${features.length} maps inside` : '';
  return {
    objective: detectorObjective(maps, classCount, { features }),
    reason: `Trained on the teacher's ${maps.length} raw head maps of ${classCount} classes, most where it is confident${inside}.`,
  };
}

function chooseMatching(facts: ObjectiveFacts, { match = [] }: ObjectiveWishes): ObjectiveChoice {
  if (!facts.hasTeacher) throw nothingToLearn(facts, true);
  const objective = matchingObjective(
    facts.traced.graph.outputs.map(({ name }) => name),
    match,
  );
  return {
    objective,
    reason: `Trained on the teacher's ${objective.reads.map((value) => `'${value}'`).join(', ')}.`,
  };
}

function nothingToLearn({ task, target, dataset }: ObjectiveFacts, labels: boolean): EspalierError {
  const found = target.kind === 'none' ? 'have no labels' : `have labels of kind '${target.kind}'`;
  const why = labels ? `the data ${dataset.name} ${found}` : 'the labels are to be ignored';
  return new EspalierError({
    kind: 'usage',
    code: 'train.nothing-to-learn',
    message: `There is nothing to learn from: ${why}, and there is no teacher. The task is '${task}'.`,
    hint: 'Name the original model with --teacher, or give pictures with a class each.',
  });
}

function noClassifier(output: string, dims: readonly number[]): EspalierError {
  return new EspalierError({
    kind: 'model',
    code: 'train.no-classifier',
    message: `The model is no classifier: its answer '${output}' is [${dims.join(', ')}], not one row of scores per sample.`,
    hint: 'State what it is for with --task.',
  });
}
