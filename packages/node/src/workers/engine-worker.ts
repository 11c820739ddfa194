// Entry of a worker thread: an engine whose sessions live here, so that their runs block nobody else.
import { parentPort } from 'node:worker_threads';
import type { Session } from '@espalier/core';
import { createOrtEngine } from '../engine/ort-engine.ts';
import type { Arrays, EngineAnswer, EngineAnswers, EngineQuestion } from './engine-protocol.ts';
import { packFailure } from './failures.ts';

const port = parentPort!;
const engine = createOrtEngine();
const sessions = new Map<number, Session>();

async function answer(question: EngineQuestion): Promise<EngineAnswers[keyof EngineAnswers]> {
  if (question.type === 'load') {
    const session = await engine.load(question.model, question.options);
    sessions.set(question.session, session);
    return { inputs: session.inputs, outputs: session.outputs };
  }
  const session = sessions.get(question.session)!;
  if (question.type === 'run') return session.run(question.feeds, question.fetches);
  // It stays known: a closed session says itself that it is.
  await session.close();
  return undefined;
}

async function post(question: EngineQuestion): Promise<void> {
  try {
    const value = await answer(question);
    const memory = question.type === 'run' ? listBuffers(value as Arrays) : [];
    port.postMessage({ value } as EngineAnswer, memory);
  } catch (error) {
    port.postMessage({ failure: packFailure(error) } satisfies EngineAnswer);
  }
}

/** The memory of the outputs, which is handed over. */
function listBuffers(outputs: Arrays): ArrayBuffer[] {
  return [...new Set(Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer))];
}

let last = Promise.resolve();
port.on('message', (question: EngineQuestion) => {
  last = last.then(() => post(question));
});
