// Questions and answers between threads: errors lose their class on the way, so they travel as their fields.
import type { MessagePort } from 'node:worker_threads';
import { type ErrorDetails, EspalierError } from '@espalier/core';

/** What was asked for, or why there is none. */
export type Answer<Value> =
  | { readonly value: Value; readonly failure?: undefined }
  | { readonly value?: undefined; readonly failure: ErrorDetails };

/** A value on its way to another thread, and the memory that is handed over with it. */
export interface Handover<Value> {
  readonly value: Value;
  readonly memory: readonly ArrayBuffer[];
}

/** In a worker: answers what comes in at the port, in order. Errors raised on purpose are answers too; any other ends the thread. */
export function answerInOrder<Question, Value>(
  port: MessagePort,
  answer: (question: Question) => Promise<Handover<Value>>,
): void {
  const post = async (question: Question): Promise<void> => {
    try {
      const { value, memory } = await answer(question);
      port.postMessage({ value } satisfies Answer<Value>, memory);
    } catch (error) {
      if (!(error instanceof EspalierError)) throw error;
      const { kind, code, message, hint } = error;
      const failure = { kind, code, message, ...(hint === undefined ? {} : { hint }) };
      port.postMessage({ failure } satisfies Answer<Value>);
    }
  };
  let last = Promise.resolve();
  port.on('message', (question: Question) => {
    last = last.then(() => post(question));
  });
}

/** The value of an answer; throws the error that came in its place. */
export function unpack<Value>(answer: Answer<Value>): Value {
  if (answer.failure) throw new EspalierError(answer.failure);
  return answer.value;
}
