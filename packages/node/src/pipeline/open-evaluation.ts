// Everything an evaluation needs before its first batch: the data, the sessions, the preprocessing and what it rests on.
import {
  type Dataset,
  type Engine,
  guessPreprocess,
  guessTask,
  type LayoutFacts,
  type LoadOptions,
  type Model,
  type ModelTask,
  type Preprocess,
  type PreprocessGuess,
  parsePreprocess,
  type Sample,
  type Session,
  type Target,
  type TaskGuess,
  UNTOUCHED,
  type ValueType,
} from '@espalier/core';
import { dataInput } from './run-batch.ts';

/** What an evaluation is prepared from. */
export interface EvaluationPlan {
  readonly engine: Engine;
  /** The preprocessing is guessed from the first one. */
  readonly models: readonly Model[];
  readonly dataset: Dataset;
  /** Default: told by the targets, else guessed from the shapes of the outputs. */
  readonly task?: ModelTask;
  /** Text or record as `parsePreprocess` takes it, over the guess. */
  readonly preprocess?: string | Readonly<Record<string, unknown>>;
  readonly load?: LoadOptions;
}

/** A prepared evaluation. Close its sessions. */
export interface OpenEvaluation {
  readonly sessions: readonly Session[];
  readonly dataset: Dataset;
  /** What the models are for, and what says so. */
  readonly task: TaskGuess;
  /** What is known to be true of the first sample; kind `none` without labels. */
  readonly target: Target;
  readonly preprocess: Preprocess;
  /** What the preprocessing rests on; absent for arrays, which are fed as they are. */
  readonly guess?: PreprocessGuess;
  close(): Promise<void>;
}

/** The tasks that labels tell; arrays and no labels at all say nothing. */
const TASK_OF_TARGET: Readonly<Partial<Record<Target['kind'], ModelTask>>> = {
  class: 'classify',
  boxes: 'detect',
  mask: 'segment',
};

/** Opens sessions and settles the preprocessing. Errors: those of the engine, the reader, `guessPreprocess` and `parsePreprocess`. */
export async function openEvaluation(plan: EvaluationPlan): Promise<OpenEvaluation> {
  const { engine, models, dataset, load } = plan;
  const sample = await firstSample(dataset);
  const target: Target = sample?.target ?? { kind: 'none' };
  const sessions: Session[] = [];
  const close = async (): Promise<void> => {
    for (const session of sessions) await session.close();
  };
  try {
    for (const model of models) sessions.push(await engine.load(model, load));
    const task = settleTask(plan, sessions[0]!, target);
    const guess = sample && guessFor(sessions[0]!, models[0]!, sample, task.task);
    const preprocess = guess ? parsePreprocess(plan.preprocess ?? {}, guess.preprocess) : UNTOUCHED;
    return { sessions, dataset, task, target, preprocess, ...(guess && { guess }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The shapes of a session's outputs, as guesses read them. */
export function outputShapes({ outputs }: Session): Parameters<typeof guessTask>[0] {
  return outputs.map(({ name, dims }) => ({ name, dims: dims ?? [] }));
}

function settleTask({ task, dataset }: EvaluationPlan, session: Session, target: Target): TaskGuess {
  if (task) return { task, reason: 'as it was told' };
  const told = TASK_OF_TARGET[target.kind];
  if (told) return { task: told, reason: `the labels are of kind '${target.kind}'` };
  const classCount = dataset.classNames?.length;
  return guessTask(outputShapes(session), {
    ...pictureSize(dataInput(session).dims),
    ...(classCount !== undefined && { classCount }),
  });
}

/** Width and height of pictures in a batch of these dims, where they are fixed; channels come first or last. */
export function pictureSize(dims: ValueType['dims']): LayoutFacts {
  const [, first, second, third] = dims ?? [];
  const [inputHeight, inputWidth] = third === 1 || third === 3 ? [first, second] : [second, third];
  const isSize = (dim: unknown): dim is number => typeof dim === 'number' && dim > 0;
  return isSize(inputHeight) && isSize(inputWidth) ? { inputHeight, inputWidth } : {};
}

async function firstSample(dataset: Dataset): Promise<Sample | undefined> {
  for await (const sample of dataset.samples({ limit: 1 })) return sample;
  return undefined;
}

function guessFor(
  session: Session,
  model: Model,
  { input }: Sample,
  task: ModelTask,
): PreprocessGuess | undefined {
  if (input.kind === 'array') return undefined;
  const { width, height, channels } = input.image;
  const metadata = model.metadata.flatMap(({ key, value }) => (key && value ? [[key, value] as const] : []));
  return guessPreprocess({
    input: dataInput(session),
    outputs: session.outputs,
    metadata: Object.fromEntries(metadata),
    task,
    image: { width, height, channels },
  });
}
