// Values inside a cut beside those of the model it was cut from: which channels of the original are left.
import {
  type Engine,
  type LoadOptions,
  type Model,
  modelBehind,
  type NdArray,
  pairChannels,
  type Session,
  type TracedModel,
  tracedShape,
} from '@espalier/core';

/** The model that learns: as it came, as it is trained, and the first of the batches it is trained on. */
export interface Student {
  readonly model: Model;
  readonly traced: TracedModel;
  readonly samples: readonly NdArray[];
}

/** Channels (axis 1) of the teacher's values that the student has, by the name of the value; what is not named is whole. */
export type ChannelPairs = ReadonlyMap<string, Int32Array>;

/** Batches that channels are compared on. */
const BATCHES = 2;

/**
 * Finds which channels of the teacher's `features` the student has, by what both compute on its first samples. Values that differ in anything else
 * are left to whoever compares shapes. Errors: those of the engine.
 */
export async function pairTeacher(
  engine: Engine,
  teacher: Session,
  student: Student,
  features: readonly string[],
  load: LoadOptions,
): Promise<ChannelPairs> {
  if (features.length === 0) return new Map();
  const samples = student.samples.slice(0, BATCHES);
  const run = (session: Session): Promise<readonly Answer[]> =>
    Promise.all(samples.map((sample) => session.run({ [session.inputs[0]!.name]: sample })));
  const theirs = await run(teacher);
  const cut = features.filter((value) =>
    isCutOf(tracedShape(student.traced, value), theirs[0]![value]!.dims),
  );
  if (cut.length === 0) return new Map();
  const session = await engine.load(modelBehind(student.model, cut, samples[0]!.dims), load);
  try {
    const own = await run(session);
    const at = (answers: readonly Answer[], value: string): readonly NdArray[] =>
      answers.map((answer) => answer[value]!);
    return new Map(cut.map((value) => [value, pairChannels(at(own, value), at(theirs, value))]));
  } finally {
    await session.close();
  }
}

type Answer = Readonly<Record<string, NdArray>>;

function isCutOf(own: readonly number[], theirs: readonly number[]): boolean {
  if (own.length !== theirs.length) return false;
  return own.every((size, axis) => (axis === 1 ? size < theirs[axis]! : size === theirs[axis]));
}
