import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { follow } from '../pipeline/events.ts';
import { type FinetuneOptions, finetune } from './finetune.ts';
import { openSmallSet, smallNet } from './small-set.case.ts';
import type { TrainingEvent } from './training-events.ts';

const engine = createOrtEngine();
let set: Awaited<ReturnType<typeof openSmallSet>>;
beforeAll(async () => {
  set = await openSmallSet();
});
afterAll(() => set.close());

/** What every training of this page begins from. */
function options(more: Partial<FinetuneOptions> = {}): FinetuneOptions {
  return {
    engine,
    model: smallNet(),
    budget: { steps: 40 },
    formulations: 'plain',
    load: { threads: 1 },
    ...more,
    data: {
      path: set.data,
      dataset: { shape: [3, 8, 8] },
      batch: 16,
      seed: 1,
      workers: 0,
      augment: 'none',
      ...more.data,
    },
  };
}

async function run(more: Partial<FinetuneOptions> = {}) {
  const events: TrainingEvent[] = [];
  const result = await follow(finetune(options(more)), (event) => events.push(event));
  return { result, events };
}

describe('finetune', () => {
  it('learns four classes from a fixed seed', async () => {
    const { result, events } = await run();
    console.log(
      result.before,
      result.evaluation,
      result.bestStep,
      result.seconds,
      result.samplesPerSecond,
      events.filter((e) => e.type === 'training.note'),
      result.restoredNorms,
    );
    expect(result.evaluation!.value).toBe(1);
  });
});
