// What an engine in a worker thread is asked, and what it answers.
import type { LoadOptions, Model, NdArray, Session } from '@espalier/core';

/** Arrays by name: inputs or outputs of a run. */
export type Arrays = Readonly<Record<string, NdArray>>;

/** What can be asked, each about the session of a number that whoever asks has given it. */
export interface EngineQuestions {
  readonly load: { readonly model: Model | Uint8Array; readonly options: LoadOptions };
  readonly run: { readonly feeds: Arrays; readonly fetches: readonly string[] | undefined };
  readonly close: object;
}

/** What comes back. */
export interface EngineAnswers {
  readonly load: Pick<Session, 'inputs' | 'outputs'>;
  readonly run: Arrays;
  readonly close: undefined;
}

/** One question on its way. */
export type EngineQuestion = {
  [Type in keyof EngineQuestions]: { readonly type: Type; readonly session: number } & EngineQuestions[Type];
}[keyof EngineQuestions];
