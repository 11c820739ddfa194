import {
  createRandom,
  GraphBuilder,
  type Model,
  matchingObjective,
  type NdArray,
  traceModel,
} from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { openTeacher } from './teacher.ts';

const engine = createOrtEngine();
const CHANNELS = [0, 1, 2, 3, 4, 5];

/** Two layers over pictures [2, 3, 4, 4]; of the first, the channels that are kept. */
function network(kept: readonly number[], outputs = 2): Model {
  const random = createRandom(7);
  const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
  const rows = CHANNELS.map(() => draw(27));
  const g = new GraphBuilder();
  const first = g.constant({
    dims: [kept.length, 3, 3, 3],
    data: Float32Array.from(kept.flatMap((channel) => [...rows[channel]!])),
  });
  const body = g.node('Relu', [g.node('Conv', [g.input('x', [2, 3, 4, 4]), first])], {}, 'body');
  const second = g.constant({ dims: [outputs, kept.length, 1, 1], data: draw(outputs * kept.length) });
  g.output(g.node('Conv', [body, second], {}, 'scores'));
  return g.model();
}

function noise(seed: number): NdArray {
  const random = createRandom(seed);
  return {
    type: 'float32',
    dims: [2, 3, 4, 4],
    data: Float32Array.from({ length: 96 }, () => random.normal()),
  };
}

async function teach(teacher: Model, student: Model, features: readonly string[]) {
  const samples = [noise(1), noise(2), noise(3)];
  const traced = await traceModel(student, engine);
  const objective = matchingObjective(['scores_out'], features);
  return openTeacher(engine, teacher, { model: student, traced, samples }, objective, {});
}

describe('a teacher of a cut', () => {
  it('answers with the channels that are left inside', async () => {
    const kept = [1, 2, 5];
    const cut = network(kept);
    const teacher = await teach(network(CHANNELS), cut, ['body_out']);
    const whole = await teach(network(CHANNELS), network(CHANNELS), ['body_out']);
    try {
      const batch = noise(9);
      const body = (await teacher.answer(batch))['train.teacher.body_out']!;
      expect(body.dims).toEqual([2, 3, 2, 2]);
      const { data } = (await whole.answer(batch))['train.teacher.body_out']!;
      const rows = [0, 6].flatMap((image) => kept.map((channel) => 4 * (image + channel)));
      expect([...body.data]).toEqual(rows.flatMap((at) => [...data.slice(at, at + 4)]));
    } finally {
      await whole.close();
      await teacher.close();
    }
  });

  it('must give the answers that the student gives', async () => {
    await expect(teach(network(CHANNELS, 4), network([1, 2, 5]), ['body_out'])).rejects.toMatchObject({
      code: 'train.teacher-differs',
      message: expect.stringContaining("'scores_out' cannot be matched"),
    });
    await expect(teach(network([1, 2, 5]), network(CHANNELS), ['body_out'])).rejects.toMatchObject({
      code: 'train.teacher-differs',
      message: expect.stringContaining("'body_out' cannot be matched"),
    });
  });
});
