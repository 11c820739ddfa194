// The model whose answers a training matches: the original, run on every batch.
import {
  type Engine,
  EspalierError,
  elementCount,
  type LoadOptions,
  type Model,
  modelBehind,
  type NdArray,
  type Objective,
  type TracedModel,
  tracedShape,
} from '@espalier/core';

/** A teacher ready to answer. Close it. */
export interface Teacher {
  /** What the objective wants to know of a batch, by the names of the training graph's inputs. */
  answer(input: NdArray): Promise<Readonly<Record<string, NdArray>>>;
  close(): Promise<void>;
}

/**
 * Loads the part of the teacher that the objective reads. Errors, kind usage: `train.no-teacher` when there is none, `train.teacher-differs` when a
 * value is missing from it or has another shape than in the model that is trained; those of the engine.
 */
export async function openTeacher(
  engine: Engine,
  model: Model | undefined,
  student: TracedModel,
  { teacher: wanted }: Objective,
  dims: readonly number[],
  load: LoadOptions,
): Promise<Teacher> {
  if (!model) {
    throw new EspalierError({
      kind: 'usage',
      code: 'train.no-teacher',
      message: 'This training matches the answers of another model, and none was given.',
      hint: 'Name the original model with --teacher.',
    });
  }
  const values = [...wanted.keys()];
  const made = new Set(model.graph.nodes.flatMap((node) => node.outputs));
  const missing = values.find((value) => !made.has(value));
  if (missing !== undefined) throw differs(missing, 'the teacher has no value of that name');
  const session = await engine.load(modelBehind(model, values, dims), load);
  const [input] = session.inputs;
  const answer: Teacher['answer'] = async (batch) => {
    const outputs = await session.run({ [input!.name]: batch });
    return Object.fromEntries([...wanted].map(([value, name]) => [name, outputs[value]!]));
  };
  const check = async (): Promise<void> => {
    const zeros = { type: 'float32', dims, data: new Float32Array(elementCount(dims)) } as const;
    const answers = await answer(zeros);
    for (const [value, name] of wanted) {
      const [theirs, ours] = [answers[name]!.dims, tracedShape(student, value)];
      if (String(theirs) === String(ours)) continue;
      throw differs(value, `it is [${theirs.join(', ')}] in the teacher and [${ours.join(', ')}] here`);
    }
  };
  try {
    await check();
  } catch (error) {
    await session.close();
    throw error;
  }
  return { answer, close: () => session.close() };
}

function differs(value: string, why: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'train.teacher-differs',
    message: `The value '${value}' cannot be matched: ${why}.`,
    hint: 'Give the model that this one was cut from; match values whose channels were not cut.',
  });
}
