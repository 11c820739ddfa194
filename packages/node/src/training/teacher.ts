// The model whose answers a training matches: the original, run on every batch.
import {
  type Engine,
  EspalierError,
  type LoadOptions,
  type Model,
  modelBehind,
  type NdArray,
  type Objective,
  type TracedModel,
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
  return {
    async answer(batch) {
      const outputs = await session.run({ [input!.name]: batch });
      const feeds: Record<string, NdArray> = {};
      for (const [value, name] of wanted) {
        const array = outputs[value]!;
        const shape = student.shapeOf(value)!;
        if (String(array.dims) !== String(shape)) {
          throw differs(
            value,
            `it is [${array.dims.join(', ')}] in the teacher and [${shape.join(', ')}] here`,
          );
        }
        feeds[name] = array;
      }
      return feeds;
    },
    close: () => session.close(),
  };
}

function differs(value: string, why: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'train.teacher-differs',
    message: `The value '${value}' cannot be matched: ${why}.`,
    hint: 'Give the model that this one was cut from; match values whose channels were not cut.',
  });
}
