import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { convOn, engine } from '../plan/analysed-net.case.ts';
import { traceModel } from '../trace/trace.ts';
import { countParameters, type FreezeOptions, findParameters, readParameters } from './parameters.ts';

/** first → normalization → second, all of which may learn; a scale that no rule calls a parameter; a layer the target does not need. */
async function prepare(freeze?: FreezeOptions['freeze']) {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const ones = (name: string): string => g.constant({ dims: [4], data: [1, 1, 1, 1] }, name);
  const first = conv(g.input('x', [1, 3, 4, 4]), 3, 4, 'block1/first');
  const norm = g.node(
    'BatchNormalization',
    [first, ones('scale'), ones('shift'), ones('mean'), ones('variance')],
    {},
    'norm',
  );
  const second = conv(g.node('Mul', [norm, g.scalar(2, 'two')]), 4, 2, 'block2/second');
  g.output(second);
  g.output(conv(norm, 4, 3, 'block2/beside'));
  const traced = await traceModel(g.model(), engine);
  return { traced, parameters: findParameters(traced, [second], freeze && { freeze }) };
}

const namesOf = (parameters: readonly { readonly value: string }[]) => parameters.map(({ value }) => value);

describe('findParameters', () => {
  it('lists the constants of the last node first, one after the other', async () => {
    const { parameters } = await prepare();
    expect(parameters).toEqual([
      { value: 'block2/second.w', dims: [2, 4, 3, 3], offset: 0, size: 72, decay: 'decay' },
      { value: 'block2/second.b', dims: [2], offset: 72, size: 2, decay: 'no-decay' },
      { value: 'scale', dims: [4], offset: 74, size: 4, decay: 'no-decay' },
      { value: 'shift', dims: [4], offset: 78, size: 4, decay: 'no-decay' },
      { value: 'block1/first.w', dims: [4, 3, 3, 3], offset: 82, size: 108, decay: 'decay' },
      { value: 'block1/first.b', dims: [4], offset: 190, size: 4, decay: 'no-decay' },
    ]);
    expect(countParameters(parameters)).toBe(194);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['by node name', ['block2/second', 'norm'], ['block1/first.w', 'block1/first.b']],
    ['by output', ['block2/second_out', 'norm_out'], ['block1/first.w', 'block1/first.b']],
    ['by pattern', ['block*'], ['scale', 'shift']],
    [
      'by several patterns that overlap',
      ['*first', 'block1/*', 'norm'],
      ['block2/second.w', 'block2/second.b'],
    ],
  ])('freezes %s', async (_, freeze, left) => {
    expect(namesOf((await prepare(freeze)).parameters)).toEqual(left);
  });

  it.each<[string, readonly string[], object]>([
    [
      'a pattern without a layer',
      ['block1/*', 'block3/*'],
      { code: 'train.unknown-layer', message: expect.stringContaining("'block3/*'") },
    ],
    ['a layer the target does not need', ['block2/beside'], { code: 'train.unknown-layer' }],
    ['a layer without parameters', ['Mul_0'], { code: 'train.unknown-layer' }],
    [
      'all layers',
      ['*'],
      { code: 'train.nothing-to-train', message: expect.stringContaining('--freeze holds every layer (*)') },
    ],
  ])('refuses to freeze %s', async (_, freeze, problem) => {
    await expect(prepare(freeze)).rejects.toMatchObject({ kind: 'usage', ...problem });
  });

  it('finds nothing in a model without weights', async () => {
    const g = new GraphBuilder();
    const y = g.node('Relu', [g.input('x', [1, 2])]);
    g.output(y);
    const traced = await traceModel(g.model(), engine);
    expect(() => findParameters(traced, [y])).toThrow(
      expect.objectContaining({
        code: 'train.nothing-to-train',
        message: expect.stringContaining('no float32 parameters'),
      }),
    );
  });
});

describe('a constant that several layers share', () => {
  async function shared(freeze: readonly string[] = []) {
    const g = new GraphBuilder();
    const weight = g.constant({ dims: [3, 3], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, 'w');
    const first = g.node('MatMul', [g.input('x', [1, 3]), weight], {}, 'first');
    const own = g.constant({ dims: [3, 2], data: new Float32Array(6) }, 'own');
    const last = g.node('MatMul', [g.node('MatMul', [first, weight], {}, 'second'), own], {}, 'last');
    g.output(last);
    const traced = await traceModel(g.model(), engine);
    return { traced, parameters: findParameters(traced, [last], { freeze }) };
  }

  it('is one parameter', async () => {
    expect(namesOf((await shared()).parameters)).toEqual(['own', 'w']);
  });

  it('stays where one of them is frozen', async () => {
    expect(namesOf((await shared(['first'])).parameters)).toEqual(['own']);
    expect(namesOf((await shared(['second'])).parameters)).toEqual(['own']);
  });
});

it('reads the values that parameters have, each at its place', async () => {
  const { traced, parameters } = await prepare();
  const vector = readParameters(traced, parameters);
  expect(vector).toHaveLength(194);
  for (const { value, offset, size } of parameters) {
    expect(vector.subarray(offset, offset + size)).toEqual(traced.constantOf(value)!.data);
  }
});
