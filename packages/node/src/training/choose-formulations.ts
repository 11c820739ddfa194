// Which formulation of each convolution is fastest here: measured once per shape and machine, and remembered in a file.
import { readFile } from 'node:fs/promises';
import {
  blockProbe,
  type ConvolutionChoice,
  type ConvolutionChoices,
  type ConvolutionPart,
  type ConvolutionShape,
  candidatesOf,
  convolutionKey,
  convolutionShapes,
  createRandom,
  type Engine,
  type LoadOptions,
  type Model,
  type NdArray,
  plainChoices,
  probeModel,
  randomFeeds,
  type TracedModel,
} from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';

/** Formulations as plain data: what a run stores so that it can be repeated to the bit. */
export interface Formulations {
  readonly block: number;
  /** By `convolutionKey`. */
  readonly choices: Readonly<Record<string, ConvolutionChoice>>;
}

/** How formulations are found. */
export interface FormulationOptions {
  readonly engine: Engine;
  readonly load: LoadOptions;
  /** File that remembers the choices of this machine; default: none is kept. */
  readonly cachePath?: string;
  /** Told of each shape that is measured. */
  readonly onMeasure?: (done: number, total: number) => void;
}

/** Rounds in which all formulations of a part run once; at least two, more while they take less than this many seconds. */
const LEAST_ROUNDS = 2;
const RACE_SECONDS = 0.25;

/** Stored formulations as choices; shapes that are not among them are written plainly. */
export function toChoices({ block, choices }: Formulations): ConvolutionChoices {
  return {
    block,
    choose: (shape) => choices[convolutionKey(shape)] ?? plainChoices.choose(shape),
  };
}

/**
 * Chooses by measurement. Another provider than the processor, and an engine without a channel-blocked convolution, have fewer formulations to
 * choose from. Errors: those of the engine.
 */
export async function chooseFormulations(
  traced: TracedModel,
  targets: readonly string[],
  { engine, load, cachePath, onMeasure = () => {} }: FormulationOptions,
): Promise<Formulations> {
  const place = [engine.name, engine.version, load.provider ?? 'cpu', load.threads ?? 'all'].join(' ');
  const cache = await readCache(cachePath);
  const known = cache[place] ?? { block: await findBlock(engine, load), choices: {} };
  const shapes = [...convolutionShapes(traced, targets)];
  const fresh = shapes.filter(([key, shape]) => !isCandidate(known.choices[key], shape, known.block));
  const choices: Record<string, ConvolutionChoice> = { ...known.choices };
  for (const [i, [key, shape]] of fresh.entries()) {
    onMeasure(i, fresh.length);
    choices[key] = await measureShape(shape, known.block, engine, load);
  }
  if (cachePath !== undefined && fresh.length > 0) {
    await writeCache(cachePath, { ...cache, [place]: { block: known.block, choices } });
  }
  const used = shapes.map(([key]) => [key, choices[key]!] as const);
  return { block: known.block, choices: Object.fromEntries(used) };
}

async function measureShape(
  shape: ConvolutionShape,
  block: number,
  engine: Engine,
  load: LoadOptions,
): Promise<ConvolutionChoice> {
  const candidates = candidatesOf(shape, block);
  let choice: ConvolutionChoice = plainChoices.choose(shape);
  for (const part of Object.keys(candidates) as ConvolutionPart[]) {
    const options = candidates[part].map((option) => ({ ...choice, [part]: option }));
    const models = options.map((option) => probeModel(shape, part, option, block));
    const fastest = options.length === 1 ? 0 : await race(models, engine, load);
    choice = options[fastest]!;
  }
  return choice;
}

interface Racer {
  readonly model: Model;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

/**
 * Index of the model with the shortest run. They run in turns, so that whatever else the machine does meets all of them, and the least time
 * counts, since it can only be added to.
 */
async function race(racers: readonly Racer[], engine: Engine, load: LoadOptions): Promise<number> {
  const runs = await Promise.all(racers.map((racer) => openRun(racer, engine, load)));
  try {
    for (const { run } of runs) await run();
    const least = runs.map(() => Number.POSITIVE_INFINITY);
    const start = performance.now();
    for (let round = 0; round < LEAST_ROUNDS || performance.now() - start < RACE_SECONDS * 1000; round++) {
      for (const [i, { run }] of runs.entries()) {
        const before = performance.now();
        await run();
        least[i] = Math.min(least[i]!, performance.now() - before);
      }
    }
    return least.indexOf(Math.min(...least));
  } finally {
    for (const { close } of runs) await close();
  }
}

/** Channels per block of the runtime's blocked convolution on this processor; 0 where it has none. */
async function findBlock(engine: Engine, load: LoadOptions): Promise<number> {
  if ((load.provider ?? 'cpu') !== 'cpu') return 0;
  for (const block of [16, 8]) {
    const { blocked, plain, inputs } = blockProbe(block);
    const answer = async (model: Model): Promise<number> => {
      const { run, close } = await openRun({ model, inputs }, engine, load);
      const [value] = Object.values(await run().finally(close));
      return Number(value!.data[0]);
    };
    // An engine without the operator refuses the model; one with other blocks computes something else.
    const given = await answer(blocked).catch(() => Number.NaN);
    const expected = await answer(plain);
    if (Math.abs(given - expected) <= 1e-4 * Math.abs(expected)) return block;
  }
  return 0;
}

async function openRun({ model, inputs }: Racer, engine: Engine, load: LoadOptions) {
  const feeds = randomFeeds(inputs, new Map(), createRandom(1));
  const session = await engine.load(model, { ...load, optimization: 'disabled' });
  return {
    run: (): Promise<Readonly<Record<string, NdArray>>> => session.run(feeds),
    close: (): Promise<void> => session.close(),
  };
}

type Cache = Readonly<Record<string, Formulations>>;

/** A cache that cannot be read is as good as none, and so is an entry that is not what one should be: it is only ever a shortcut. */
async function readCache(path: string | undefined): Promise<Cache> {
  if (path === undefined) return {};
  const stored: unknown = await readFile(path, 'utf8')
    .then((text) => JSON.parse(text))
    .catch(() => undefined);
  if (!isRecord(stored)) return {};
  return Object.fromEntries(
    Object.entries(stored).filter((entry): entry is [string, Formulations] => isFormulations(entry[1])),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isFormulations = (value: unknown): value is Formulations =>
  isRecord(value) && typeof value.block === 'number' && isRecord(value.choices);

/** Whether a remembered choice is one that would be considered today. */
function isCandidate(choice: ConvolutionChoice | undefined, shape: ConvolutionShape, block: number): boolean {
  const candidates = candidatesOf(shape, block);
  return (Object.keys(candidates) as ConvolutionPart[]).every((part) =>
    candidates[part].some((candidate) => candidate === choice?.[part]),
  );
}

async function writeCache(path: string, cache: Cache): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(cache)}\n`, { force: true }).catch(() => {});
}
