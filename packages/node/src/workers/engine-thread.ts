// ONNX Runtime on a worker thread of its own: its Node binding blocks the thread that runs a model, so that models run side by side on several only.
import type { Engine, LoadOptions, Model } from '@espalier/core';
import { type Answer, unpack } from './answers.ts';
import type { EngineAnswers, EngineQuestion, EngineQuestions } from './engine-protocol.ts';
import { startThread } from './work-thread.ts';

/** An engine elsewhere. Stop it: its thread keeps the process alive. */
export interface EngineThread extends Engine {
  /** Stops the thread at once; what is under way fails with `workers.closed`. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a thread that does what `engine`, one of `createOrtEngine`, does here; it answers in the order it is asked. Models and inputs are copied on their
 * way. Errors: those of the engine, `workers.failed`, `workers.closed`.
 */
export function startEngineThread({ name, version }: Pick<Engine, 'name' | 'version'>): EngineThread {
  const thread = startThread<EngineQuestion, Answer<unknown>>('engine-worker');
  let sessions = 0;
  return {
    name,
    version,
    async load(model: Model | Uint8Array, options: LoadOptions = {}) {
      const session = sessions++;
      const ask = async <Type extends keyof EngineQuestions>(
        type: Type,
        question: EngineQuestions[Type],
      ): Promise<EngineAnswers[Type]> => {
        const answer = await thread.ask({ type, session, ...question } as unknown as EngineQuestion);
        return unpack(answer) as EngineAnswers[Type];
      };
      return {
        ...(await ask('load', { model, options })),
        run: (feeds, fetches) => ask('run', { feeds, fetches }),
        close: () => ask('close', {}),
      };
    },
    stop: () => thread.close(),
  };
}
