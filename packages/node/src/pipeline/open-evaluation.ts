// Everything an evaluation needs before its first batch: the data, the sessions, the preprocessing and what it rests on.
import {
  type Dataset,
  type Engine,
  guessPreprocess,
  type LoadOptions,
  type Model,
  type ModelTask,
  type Preprocess,
  type PreprocessGuess,
  parsePreprocess,
  type Sample,
  type Session,
} from '@espalier/core';
import { dataInput } from './run-batch.ts';

/** What an evaluation is prepared from. */
export interface EvaluationPlan {
  readonly engine: Engine;
  /** The preprocessing is guessed from the first one. */
  readonly models: readonly Model[];
  readonly dataset: Dataset;
  /** Default: guessed from the targets. */
  readonly task?: ModelTask;
  /** Text or record as `parsePreprocess` takes it, over the guess. */
  readonly preprocess?: string | Readonly<Record<string, unknown>>;
  readonly load?: LoadOptions;
}

/** A prepared evaluation. Close its sessions. */
export interface OpenEvaluation {
  readonly sessions: readonly Session[];
  readonly dataset: Dataset;
  readonly task: ModelTask;
  /** Kind of the first sample's target. */
  readonly target: Sample['target']['kind'];
  readonly preprocess: Preprocess;
  /** What the preprocessing rests on; absent for arrays, which are fed as they are. */
  readonly guess?: PreprocessGuess;
  close(): Promise<void>;
}

/** What `collate` is given for arrays: it does not look at it. */
const UNTOUCHED: Preprocess = {
  width: 1,
  height: 1,
  resize: 'none',
  filter: 'bilinear',
  padValue: 0,
  scale: 1,
  mean: [0],
  std: [1],
  channels: 'keep',
  layout: 'nchw',
};

const TASK_OF_TARGET: Readonly<Record<Sample['target']['kind'], ModelTask>> = {
  class: 'classify',
  boxes: 'detect',
  mask: 'segment',
  array: 'other',
  none: 'other',
};

/** Opens sessions and settles the preprocessing. Errors: those of the engine, the reader, `guessPreprocess` and `parsePreprocess`. */
export async function openEvaluation(plan: EvaluationPlan): Promise<OpenEvaluation> {
  const { engine, models, dataset, load } = plan;
  const sample = await firstSample(dataset);
  const target = sample?.target.kind ?? 'none';
  const task = plan.task ?? TASK_OF_TARGET[target];
  const sessions: Session[] = [];
  const close = async (): Promise<void> => {
    for (const session of sessions) await session.close();
  };
  try {
    for (const model of models) sessions.push(await engine.load(model, load));
    const guess = sample && guessFor(sessions[0]!, models[0]!, sample, task);
    const preprocess = guess ? parsePreprocess(plan.preprocess ?? {}, guess.preprocess) : UNTOUCHED;
    return { sessions, dataset, task, target, preprocess, ...(guess && { guess }), close };
  } catch (error) {
    await close();
    throw error;
  }
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
