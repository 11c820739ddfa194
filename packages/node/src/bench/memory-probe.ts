// Entry of a child process: loads one model file, runs it a few times and tells what memory that took. A process of its own, because a
// peak never falls again.
import { readFileSync } from 'node:fs';
import { declaredFeeds, EspalierError, encodeModel, GraphBuilder } from '@espalier/core';
import { createOrtEngine, loadModelFile } from '../engine/ort-engine.ts';
import type { ProbeAnswer, ProbeQuestion } from './measure-memory.ts';

async function probe({ path, size, runs, ...placement }: ProbeQuestion): Promise<ProbeAnswer> {
  await warmUp(placement);
  const [before, threadsBefore] = [process.memoryUsage.rss(), countThreads()];
  const session = await loadModelFile(path, placement);
  const loaded = readPeak();
  // The runtime computes on the thread that calls it, and on these.
  const threads = threadsBefore && countThreads()! - threadsBefore + 1;
  const feeds = declaredFeeds(session.inputs, size, 0);
  for (let run = 0; run < runs; run++) await session.run(feeds);
  const peak = readPeak();
  await session.close();
  return {
    peakBytes: Math.max(0, peak - before),
    loadPeakBytes: Math.max(0, loaded - before),
    processBytes: peak,
    ...(threads !== undefined && { threads }),
  };
}

/** Runs the smallest model: the runtime, its provider and the threads of Node are there before the count begins. */
async function warmUp(placement: Pick<ProbeQuestion, 'provider' | 'threads'>): Promise<void> {
  const graph = new GraphBuilder();
  graph.output(graph.node('Relu', [graph.input('x', [1])]));
  const session = await createOrtEngine().load(encodeModel(graph.model()), placement);
  await session.run(declaredFeeds(session.inputs, undefined, 0));
  await session.close();
}

/** Bytes. Linux tells the peak of this very program; its resource usage may still tell that of the one that started it. */
function readPeak(): number {
  const kilobytes = readStatus('VmHWM') ?? process.resourceUsage().maxRSS;
  return 1024 * kilobytes;
}

function countThreads(): number | undefined {
  return readStatus('Threads');
}

function readStatus(field: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const found = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return found ? Number(found[1]) : undefined;
}

process.once('message', async (question: ProbeQuestion) => {
  try {
    process.send!(await probe(question));
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error;
    process.send!({ failure: error.message } satisfies ProbeAnswer);
  }
  process.disconnect();
});
