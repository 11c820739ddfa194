// Entry of a worker thread: an engine whose sessions live here, so that their runs block nobody else.
import { parentPort } from 'node:worker_threads';
import type { Session } from '@espalier/core';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { answerInOrder, type Handover } from './answers.ts';
import type { Arrays, EngineAnswers, EngineQuestion } from './engine-protocol.ts';

const engine = createOrtEngine();
const sessions = new Map<number, Session>();

answerInOrder(parentPort!, answer);

async function answer(question: EngineQuestion): Promise<Handover<EngineAnswers[keyof EngineAnswers]>> {
  if (question.type === 'load') {
    const session = await engine.load(question.model, question.options);
    sessions.set(question.session, session);
    return { value: { inputs: session.inputs, outputs: session.outputs }, memory: [] };
  }
  const session = sessions.get(question.session)!;
  if (question.type === 'run') {
    const value = await session.run(question.feeds, question.fetches);
    return { value, memory: listBuffers(value) };
  }
  // It stays known: a closed session says itself that it is.
  await session.close();
  return { value: undefined, memory: [] };
}

/** The memory of the outputs. */
function listBuffers(outputs: Arrays): ArrayBuffer[] {
  return [...new Set(Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer))];
}
