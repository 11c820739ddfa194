import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Engine,
  EspalierError,
  encodeModel,
  GraphBuilder,
  type Model,
  type Session,
} from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { follow } from '../pipeline/events.ts';
import { type FinetuneOptions, type FinetuneResult, finetune } from './finetune.ts';
import { openRunFolder } from './run-folder.ts';
import { drawRecords, openSmallSet, smallNet } from './small-set.case.ts';
import type { TrainingEvent } from './training-events.ts';

const engine = createOrtEngine();
let set: Awaited<ReturnType<typeof openSmallSet>>;
beforeAll(async () => {
  set = await openSmallSet();
});
afterAll(() => set.close());

type Change = Omit<Partial<FinetuneOptions>, 'data'> & { readonly data?: Partial<FinetuneOptions['data']> };

/** What every training of this page begins from. */
function optionsWith({ data, ...more }: Change = {}): FinetuneOptions {
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
      preprocess: 'mean=0.45 std=0.2',
      ...data,
    },
  };
}

async function train(
  change: Change = {},
): Promise<{ readonly result: FinetuneResult; readonly events: readonly TrainingEvent[] }> {
  const events: TrainingEvent[] = [];
  const result = await follow(finetune(optionsWith(change)), (event) => events.push(event));
  return { result, events };
}

const typesOf = (events: readonly TrainingEvent[]): readonly string[] => events.map(({ type }) => type);
const refused = (change: Change) => expect(train(change)).rejects;
const bytes = (model: Model): string => createHash('sha256').update(encodeModel(model)).digest('hex');

describe('a training', () => {
  it('learns four classes from a fixed seed, judged by samples it never sees', async () => {
    const { result, events } = await train();
    expect(result.before!.value).toBeLessThan(0.5);
    expect(result.evaluation).toMatchObject({ name: 'top1', value: 1 });
    expect(result).toMatchObject({ steps: 40, batch: 16, reason: 'steps', rollbacks: 0 });
    expect(result.data).toMatchObject({ size: 180, judged: { size: 20 } });
    const trained = new Set(Array.from(result.data.loader.positions!));
    expect(trained.size).toBe(180);
    expect(events).toContainEqual({
      type: 'training.note',
      text: '20 of 200 samples are held out to judge by, and never trained on.',
    });
    const evaluated = events.filter(({ type }) => type === 'training.evaluated');
    expect(evaluated.map((event) => 'step' in event && event.step)).toEqual([0, 11, 22, 33, 40]);
    expect(result.model.graph.inputs).toEqual(smallNet().graph.inputs);
  });

  it('is judged by a limited part of what is held out, every class alike', async () => {
    const { result } = await train({ budget: { steps: 2 }, evaluation: { share: 0.2, limit: 8 } });
    expect(result.data).toMatchObject({ size: 160, judged: { size: 8 } });
    const labels: unknown[] = [];
    for await (const { target } of result.data.judged.samples()) labels.push(target);
    for (const index of [0, 1, 2, 3]) {
      expect(labels.filter((target) => (target as { index: number }).index === index)).toHaveLength(2);
    }
  });

  it('begins anew from scratch, as the seed says', async () => {
    const change = { fromScratch: true, rate: 0.05, budget: { steps: 30 } };
    const { result } = await train(change);
    expect(result.evaluation!.value).toBe(1);
    const other = await train({ ...change, model: smallNet({ seed: 9 }) });
    expect(bytes(other.result.model)).toBe(bytes(result.model));
    const seeded = await train({ ...change, data: { seed: 2 } });
    expect(bytes(seeded.result.model)).not.toBe(bytes(result.model));
  });

  it('writes the model as it came when no step was better', async () => {
    const { result: first } = await train();
    const { result } = await train({ model: first.model, budget: { steps: 3 }, rate: 1e-6 });
    expect(result.bestStep).toBe(0);
    expect(result.model).toBe(first.model);
  });

  it('averages weights, or not', async () => {
    const change = { budget: { steps: 8 }, evaluateEvery: 100 };
    const { result: averaged } = await train(change);
    const { result: plain } = await train({ ...change, averageDecay: 0 });
    expect(bytes(averaged.last)).not.toBe(bytes(plain.last));
    const again = await train(change);
    expect(bytes(again.result.last)).toBe(bytes(averaged.last));
  });

  it('stops when evaluations no longer improve', async () => {
    const { result: first } = await train();
    const { result } = await train({ model: first.model, evaluateEvery: 2, patience: 3 });
    expect(result).toMatchObject({ reason: 'no-progress', steps: 6 });
  });

  it('takes small steps with a detector, unless told otherwise', async () => {
    const peakOf = async (task: 'detect' | 'other', change: Change = {}): Promise<number> => {
      const { events } = await train({
        teacher: smallNet({ seed: 4 }),
        budget: { steps: 3 },
        warmUp: 0,
        ...change,
        data: { task },
      });
      return Math.max(...events.flatMap((event) => (event.type === 'training.step' ? [event.rate] : [])));
    };
    expect(await peakOf('other')).toBeCloseTo(0.01, 9);
    expect(await peakOf('detect')).toBeCloseTo(5e-5, 9);
    expect(await peakOf('detect', { optimizer: { name: 'sgd' } })).toBeCloseTo(1e-3, 9);
    expect(await peakOf('detect', { rate: 0.002 })).toBeCloseTo(0.002, 9);
  });

  it('learns from a teacher alone where labels are to be ignored', async () => {
    const { result: taught } = await train();
    const { result, events } = await train({ teacher: taught.model, objective: { labels: false } });
    expect(result.objective).toBe("Trained on the teacher's logits 'scores_out' at temperature 2.");
    expect(result.evaluation).toMatchObject({ name: 'top1' });
    expect(result.evaluation!.value).toBeGreaterThan(0.9);
    expect(typesOf(events)).not.toContain('training.rolled-back');
  });

  it('leaves frozen layers as they are, without a normalization behind them', async () => {
    const { result } = await train({ budget: { steps: 3 }, freeze: ['stem', 'right*'] });
    expect(result).toMatchObject({ parameters: 4 * 8 * 16 + 4, restoredNorms: 0 });
    const [stem] = result.last.graph.initializers;
    expect(stem!.raw).toEqual(smallNet().graph.initializers[0]!.raw);
    const free = await train({ budget: { steps: 3 } });
    expect(free.result.restoredNorms).toBe(2);
  });
});

describe('trouble on the way', () => {
  it('goes back to sound weights with a lower rate when the loss explodes', async () => {
    const { result, events } = await train({ rate: 3, saveEvery: 5, averageDecay: 0 });
    const back = events.filter((event) => event.type === 'training.rolled-back');
    expect(back.length).toBeGreaterThan(0);
    expect(back.map(({ rateFactor }) => rateFactor)).toEqual(back.map((_, i) => 0.5 ** (i + 1)));
    expect(result.rollbacks).toBe(back.length);
    expect(result.evaluation!.value).toBeGreaterThan(0.2);
  });

  it('gives up on a training that explodes again and again', async () => {
    await refused({ rate: 1e9 }).toMatchObject({ kind: 'data', code: 'train.diverged' });
  });

  it('does not normalize by batches that are too small for it, and says so', async () => {
    const small = await train({ data: { batch: 8 }, budget: { steps: 2 } });
    expect(small.result.restoredNorms).toBe(0);
    expect(small.events).toContainEqual({
      type: 'training.note',
      text: 'Batches of 8 are too small to normalize by: batch normalizations keep the statistics they have, folded ones stay folded.',
    });
    const large = await train({ budget: { steps: 2 } });
    expect(large.result.restoredNorms).toBeGreaterThan(0);
  });

  it('goes on with half the batch when memory runs out', async () => {
    const { result, events } = await train({ engine: scarceEngine(8), budget: { epochs: 1 } });
    expect(events).toContainEqual(expect.objectContaining({ type: 'training.batch-halved', batch: 8 }));
    expect(result).toMatchObject({ batch: 8, steps: 22 });
  });

  it('goes on with the processor when another provider fails in a step', async () => {
    const load = { provider: 'webgpu' };
    const { result, events } = await train({ engine: brittleEngine(), load, budget: { steps: 4 } });
    expect(events).toContainEqual({
      type: 'training.note',
      text: 'The model cannot be run: too many buffers. The training runs on the processor instead.',
    });
    expect(result.steps).toBe(4);
  });

  it('passes over corrupt pictures, and names them', async () => {
    const folder = join(set.folder, 'pictures');
    await writePictures(folder);
    const { result, events } = await train({
      model: smallNet({ classes: 2 }),
      data: { path: folder, dataset: {}, batch: 8 },
      evaluation: { share: 0.25 },
      budget: { steps: 8 },
    });
    const corrupt = events.flatMap((event) => (event.type === 'training.corrupt' ? [event.image] : []));
    expect(corrupt.map(({ message }) => message).sort()).toEqual([
      expect.stringContaining('bad.png'),
      expect.stringContaining('worse.png'),
    ]);
    expect(result.steps).toBe(8);
  });

  it('ends after the step it is in when it is interrupted, with the best so far', async () => {
    const controller = new AbortController();
    const events = finetune(optionsWith({ signal: controller.signal, evaluateEvery: 4 }));
    const result = await follow(events, (event) => {
      if (event.type === 'training.step' && event.step === 10) controller.abort();
    });
    expect(result).toMatchObject({ reason: 'interrupted', steps: 10 });
    expect(result.bestStep).toBeLessThanOrEqual(8);
  });
});

describe('a run folder', () => {
  const repeatable: Change = {
    deterministic: true,
    budget: { steps: 24 },
    evaluateEvery: 8,
    saveEvery: 8,
    formulations: 'measured',
  };

  it('lets a training go on as if it had never stopped', async () => {
    const cachePath = join(set.folder, 'formulations.json');
    const whole = await openRunFolder(join(set.folder, 'whole'));
    const { result } = await train({ ...repeatable, cachePath, run: whole });
    whole.close();

    const path = join(set.folder, 'parts');
    const first = await openRunFolder(path);
    const stopped = finetune(optionsWith({ ...repeatable, cachePath, run: first }));
    for await (const event of stopped) if (event.type === 'training.step' && event.step === 13) break;
    first.close();
    const second = await openRunFolder(path, { resume: true });
    expect(second.checkpoint!.step).toBe(8);
    const { result: resumed, events } = await train({ ...repeatable, run: second });
    second.close();

    expect(events).toContainEqual(expect.objectContaining({ type: 'training.started', from: 8 }));
    expect(bytes(resumed.model)).toBe(bytes(result.model));
    expect(bytes(resumed.last)).toBe(bytes(result.last));
    expect(resumed.before).toEqual(result.before);
    for (const name of ['best.onnx', 'last.onnx']) {
      const [one, other] = ['whole', 'parts'].map((run) => readFile(join(set.folder, run, 'models', name)));
      expect(await other).toEqual(await one);
    }
    const lines = (await readFile(join(path, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
    const steps = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'training.step');
    expect(steps).toHaveLength(13 + 16);
  });

  it('refuses other settings, naming both values', async () => {
    const path = join(set.folder, 'settings');
    const first = await openRunFolder(path);
    await train({ ...repeatable, formulations: 'plain', budget: { steps: 1 }, run: first });
    first.close();
    const second = await openRunFolder(path, { resume: true });
    const other: Change = { ...repeatable, formulations: 'plain', budget: { steps: 1 }, rate: 0.02 };
    await refused({ ...other, run: second }).toMatchObject({
      code: 'run.other-settings',
      message: 'The run cannot be resumed with other settings: lr is 0.02 now and was 0.01 when it began.',
    });
    second.close();
  });

  it('is not for trainings of limited time where the result must be the same', async () => {
    await refused({ ...repeatable, budget: { seconds: 5 } }).toMatchObject({
      kind: 'usage',
      code: 'train.not-deterministic',
    });
  });
});

describe('what is found out before the first step', () => {
  it('labels that do not fit the classifier', async () => {
    await refused({ model: smallNet({ classes: 3 }) }).toMatchObject({
      code: 'data.label-out-of-range',
      message: expect.stringContaining("The label 3 of sample '3' does not fit the classifier"),
    });
  });

  it('a teacher with other answers', async () => {
    await refused({ teacher: smallNet({ classes: 6 }) }).toMatchObject({
      code: 'train.teacher-differs',
      message:
        "The value 'scores_out' cannot be matched: it is [16, 6, 1, 1] in the teacher and [16, 4, 1, 1] here.",
    });
  });

  it('fewer samples than a batch', async () => {
    await refused({ data: { batch: 500 } }).toMatchObject({ code: 'data.too-few' });
  });

  it('an operator without a gradient', async () => {
    await refused({ model: withoutRule() }).toMatchObject({
      kind: 'model',
      code: 'autodiff.no-rule',
      message: expect.stringContaining("'odd_out'"),
    });
  });

  it('a batch that is written into the graph', async () => {
    await refused({ model: withFixedBatch() }).toMatchObject({
      kind: 'model',
      code: 'train.fixed-batch',
    });
  });

  it('a pattern that matches no layer, a value that is none, and nothing to learn from', async () => {
    await refused({ freeze: ['stm*'] }).toMatchObject({ code: 'train.unknown-layer' });
    const teacher = smallNet();
    await refused({ teacher, objective: { match: ['nowhere'] } }).toMatchObject({
      code: 'train.unknown-value',
    });
    await refused({ objective: { labels: false } }).toMatchObject({ code: 'train.nothing-to-learn' });
    await refused({ objective: { distil: 1 } }).toMatchObject({ code: 'train.no-teacher' });
  });
});

/** The engine, but batches above a size do not fit into memory. */
function scarceEngine(most: number): Engine {
  return faultyEngine(
    'Failed to allocate memory for requested buffer of size 1.',
    (_, batch) => batch > most,
  );
}

/** The engine with another provider that every machine has, and that cannot take a training step. */
function brittleEngine(): Engine {
  return faultyEngine('too many buffers.', (provider) => provider === 'webgpu');
}

/** The engine, but some training steps fail. Everything runs on the processor. */
function faultyEngine(
  reason: string,
  fails: (provider: string | undefined, batch: number) => boolean,
): Engine {
  return {
    ...engine,
    async load(model, { provider, ...options } = {}): Promise<Session> {
      const session = await engine.load(model, options);
      const isTraining = session.inputs.some(({ name }) => name === 'train.rate');
      return {
        ...session,
        inputs: session.inputs,
        outputs: session.outputs,
        close: () => session.close(),
        run: (feeds, fetches) => {
          if (!isTraining || !fails(provider, feeds.x!.dims[0]!)) return session.run(feeds, fetches);
          throw new EspalierError({
            kind: 'engine',
            code: 'engine.run-failed',
            message: `The model cannot be run: ${reason}`,
          });
        },
      };
    },
  };
}

/** A convolution behind an operator without a gradient. */
function withoutRule(): Model {
  const g = new GraphBuilder();
  const weight = g.constant({ dims: [4, 3, 8, 8], data: new Float32Array(768).fill(0.01) });
  g.output(
    g.node('GlobalLpPool', [g.node('Conv', [g.input('x', [1, 3, 8, 8]), weight])], {}, 'odd'),
    [1, 4, 1, 1],
  );
  return g.model();
}

/** The small net with its only batch in a Reshape. */
function withFixedBatch(): Model {
  const g = new GraphBuilder();
  const x = g.node('Reshape', [g.input('x', [1, 3, 8, 8]), g.integers([1, 3, 8, 8])]);
  const weight = g.constant({ dims: [4, 3, 8, 8], data: new Float32Array(768).fill(0.01) });
  g.output(g.node('Conv', [x, weight], {}, 'scores'), [1, 4, 1, 1]);
  return g.model();
}

/** Two folders of 16 pictures each; in each one cannot be decoded. */
async function writePictures(folder: string): Promise<void> {
  const { default: sharp } = await import('sharp');
  const records = drawRecords(64);
  for (const [label, bad] of [
    [0, 'bad.png'],
    [1, 'worse.png'],
  ] as const) {
    const place = join(folder, String(label));
    await mkdir(place, { recursive: true });
    for (let i = 0; i < 15; i++) {
      const at = (4 * i + label) * 193 + 1;
      const grey = records.slice(at, at + 64);
      const picture = sharp(grey, { raw: { width: 8, height: 8, channels: 1 } });
      await picture.png().toFile(join(place, `${i}.png`));
    }
    await writeFile(join(place, bad), 'no picture');
  }
}
