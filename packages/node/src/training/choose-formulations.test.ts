// Choices are measured once per machine and remembered; whatever becomes of the memory, a training finds formulations.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  convolutionShapes,
  type Engine,
  EspalierError,
  findParameters,
  matchingObjective,
  plainChoices,
  traceModel,
  writeGradientGraph,
} from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import {
  chooseFormulations,
  type FormulationOptions,
  type Formulations,
  toChoices,
} from './choose-formulations.ts';
import { smallNet } from './small-set.case.ts';

const engine = createOrtEngine();
const traced = await traceModel(smallNet({ batch: 2 }), engine);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-formulations-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The engine of a runtime without the channel-blocked convolution. */
const plainEngine: Engine = {
  ...engine,
  name: 'plain',
  async load(model, options) {
    const imports = model instanceof Uint8Array ? [] : model.opsetImports;
    if (!imports.some(({ domain }) => domain === 'com.microsoft.nchwc')) return engine.load(model, options);
    throw new EspalierError({
      kind: 'engine',
      code: 'engine.load-failed',
      message: 'The model cannot be loaded: com.microsoft.nchwc is not a registered domain.',
    });
  },
};

/** What is chosen by an engine that has little to choose from, and which shapes were measured for it. */
async function choose(
  targets: readonly string[],
  more: Partial<FormulationOptions> = {},
): Promise<{ readonly chosen: Formulations; readonly measured: readonly string[] }> {
  const measured: string[] = [];
  const chosen = await chooseFormulations(traced, targets, {
    engine: plainEngine,
    load: { threads: 1 },
    onMeasure: (done, total) => measured.push(`${done} of ${total}`),
    ...more,
  });
  return { chosen, measured };
}

describe('chooseFormulations', () => {
  it('remembers what it measured', async () => {
    const cachePath = join(folder, 'remembered.json');
    const first = await choose(['scores_out'], { engine, cachePath });
    expect(first.measured).toEqual(['0 of 3', '1 of 3', '2 of 3']);
    const shapes = convolutionShapes(traced, ['scores_out']);
    expect(Object.keys(first.chosen.choices)).toEqual([...shapes.keys()]);
    const again = await choose(['scores_out'], { engine, cachePath });
    expect(again).toEqual({ chosen: first.chosen, measured: [] });
  });

  it('measures only what is new', async () => {
    const cachePath = join(folder, 'grown.json');
    const part = await choose(['left_out'], { cachePath });
    expect(part.measured).toEqual(['0 of 1']);
    const whole = await choose(['sum_out'], { cachePath });
    expect(whole.measured).toEqual(['0 of 1']);
    expect(whole.chosen.choices).toMatchObject(part.chosen.choices);
    expect((await choose(['left_out'], { cachePath })).chosen).toEqual(part.chosen);
  });

  it('keeps engines and numbers of threads apart', async () => {
    const cachePath = join(folder, 'apart.json');
    const measuredBy = async (more: Partial<FormulationOptions>): Promise<number> =>
      (await choose(['left_out'], { cachePath, ...more })).measured.length;
    expect(await measuredBy({})).toBe(1);
    expect(await measuredBy({ load: { threads: 2 } })).toBe(1);
    expect(await measuredBy({ engine: { ...plainEngine, version: '0.0.1' } })).toBe(1);
    expect(await measuredBy({})).toBe(0);
    expect(Object.keys(JSON.parse(await readFile(cachePath, 'utf8')))).toHaveLength(3);
  });

  const entry = (value: unknown): string => JSON.stringify({ [`plain ${engine.version} cpu 1`]: value });
  const [stem] = convolutionShapes(traced, ['left_out']).keys();
  it.each<[string, string]>([
    ['cut off', '{"plain 1'],
    ['empty', ''],
    ['no object', 'null'],
    ['a list', '[1, 2]'],
    ['an entry that is none', entry(null)],
    ['an entry without choices', entry({ block: 0 })],
    ['an entry without blocks', entry({ choices: {} })],
    ['a choice that is none', entry({ block: 0, choices: { [stem!]: {} } })],
    [
      'a formulation that this shape has not',
      entry({ block: 0, choices: { [stem!]: { forward: 'plain', input: 'flipped', weight: 'images' } } }),
    ],
  ])('takes a damaged memory for none, and mends it: %s', async (name, text) => {
    const cachePath = join(folder, `${name}.json`);
    await writeFile(cachePath, text);
    const { chosen, measured } = await choose(['left_out'], { cachePath });
    expect(measured).toEqual(['0 of 1']);
    expect(chosen).toEqual({
      block: 0,
      choices: { [stem!]: { forward: 'plain', input: 'transposed', weight: 'images' } },
    });
    expect(await choose(['left_out'], { cachePath })).toEqual({ chosen, measured: [] });
  });

  it('needs no memory, nor one that can be written', async () => {
    const wanted = await choose(['left_out']);
    const cachePath = join(folder, 'nowhere', 'cache.json');
    expect(await choose(['left_out'], { cachePath })).toEqual(wanted);
  });

  it.each<[string, Partial<FormulationOptions>]>([
    ['an engine without it', { engine: plainEngine }],
    [
      'another provider than the processor',
      { engine: { ...engine, load: (model) => engine.load(model) }, load: { provider: 'other' } },
    ],
  ])('does without the blocked convolution: %s', async (_, options) => {
    const { chosen } = await choose(['sum_out'], options);
    expect(chosen.block).toBe(0);
    expect(Object.keys(chosen.choices)).toHaveLength(2);
    const formulations = Object.values(chosen.choices).flatMap((choice) => Object.values(choice));
    expect(formulations).not.toContain('blocked');
  });
});

describe('toChoices', () => {
  it('gives stored formulations back, and writes other shapes plainly', () => {
    const [[key, shape], [, other]] = [...convolutionShapes(traced, ['scores_out'])] as [
      [string, Parameters<typeof plainChoices.choose>[0]],
      [string, Parameters<typeof plainChoices.choose>[0]],
    ];
    const stored = { forward: 'blocked', input: 'blocked', weight: 'rows' } as const;
    const choices = toChoices({ block: 8, choices: { [key]: stored } });
    expect(choices.block).toBe(8);
    expect(choices.choose(shape)).toEqual(stored);
    expect(choices.choose(other)).toEqual(plainChoices.choose(other));
  });

  it('writes the same graph from formulations that were stored as text', async () => {
    const { chosen } = await choose(['sum_out']);
    const loss = matchingObjective(['sum_out']);
    const parameters = findParameters(traced, loss.reads);
    const write = (formulations: Formulations) =>
      writeGradientGraph({ traced, parameters, loss, choices: toChoices(formulations) });
    expect(write(JSON.parse(JSON.stringify(chosen)))).toEqual(write(chosen));
  });
});
