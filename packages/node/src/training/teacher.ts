// The model whose answers a training matches: the original, run on every batch.
import {
  type Engine,
  EspalierError,
  type LoadOptions,
  type Model,
  modelBehind,
  type NdArray,
  type Objective,
  sliceArray,
  tracedShape,
} from '@espalier/core';
import { pairTeacher, type Student } from './pair-teacher.ts';

/** A teacher ready to answer. Close it. */
export interface Teacher {
  /** What the objective wants to know of a batch, by the names of the training graph's inputs. */
  answer(input: NdArray): Promise<Readonly<Record<string, NdArray>>>;
  close(): Promise<void>;
}

/**
 * Loads the part of the teacher that the objective reads. Where the student has lost channels, the teacher answers with those that are left. Errors,
 * kind usage: `train.no-teacher` when there is none, `train.teacher-differs` when a value is missing from it or has another shape than in the model
 * that is trained; those of the engine.
 */
export async function openTeacher(
  engine: Engine,
  model: Model | undefined,
  student: Student,
  { teacher: wanted, features }: Objective,
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
  const session = await engine.load(modelBehind(model, values, student.samples[0]!.dims), load);
  try {
    const dims = new Map(values.map((value) => [value, tracedShape(student.traced, value)]));
    const kept = await pairTeacher(engine, session, student, features, load);
    const answer: Teacher['answer'] = async (batch) => {
      const outputs = await session.run({ [session.inputs[0]!.name]: batch });
      return Object.fromEntries(
        [...wanted].map(([value, name]) => {
          const channels = kept.get(value);
          const whole = outputs[value]!;
          return [name, channels ? sliceArray(whole, { axes: new Map([[1, channels]]) }) : whole];
        }),
      );
    };
    const answers = await answer(student.samples[0]!);
    for (const [value, name] of wanted) {
      const [theirs, ours] = [answers[name]!.dims, dims.get(value)!];
      if (String(theirs) === String(ours)) continue;
      throw differs(value, `it is [${theirs.join(', ')}] in the teacher and [${ours.join(', ')}] here`);
    }
    return { answer, close: () => session.close() };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function differs(value: string, why: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'train.teacher-differs',
    message: `The value '${value}' cannot be matched: ${why}.`,
    hint: 'Give the model that this one was cut from; match values that both have.',
  });
}
