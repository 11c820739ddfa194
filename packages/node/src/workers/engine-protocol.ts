// What an engine in a worker thread is asked, and what it answers.
import type { ErrorDetails, LoadOptions, Model, NdArray, Session } from '@espalier/core';

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
export type EngineQuestion<Type extends keyof EngineQuestions = keyof EngineQuestions> = {
  [Each in Type]: { readonly type: Each; readonly session: number } & EngineQuestions[Each];
}[Type];

/** Its answer, or why there is none. */
export type EngineAnswer<Type extends keyof EngineAnswers = keyof EngineAnswers> =
  | { readonly value: EngineAnswers[Type]; readonly failure?: undefined }
  | { readonly value?: undefined; readonly failure: ErrorDetails };
