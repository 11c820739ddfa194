// What tests of the survey share: a classifier that only sees right when its pictures are prepared as it was built for.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, GraphBuilder, type Model } from '@espalier/core';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { writeModel } from '../models/write-model.ts';
import { type Analysis, analyseFile } from '../pipeline/analyse-file.ts';
import { follow } from '../pipeline/events.ts';

const SIDE = 8;
/** Levels of red, far enough apart for the noise. */
const LEVELS = [30, 90, 150, 210];

/** Records of pictures whose class is how red they are; green and blue are noise. */
export function redRecords(count: number, classes = LEVELS.length): Uint8Array {
  const random = createRandom(4);
  const plane = SIDE * SIDE;
  const bytes = new Uint8Array(count * (1 + 3 * plane));
  for (let i = 0; i < count; i++) {
    const label = i % classes;
    const at = i * (1 + 3 * plane);
    bytes[at] = label;
    for (let p = 0; p < 3 * plane; p++)
      bytes[at + 1 + p] =
        p < plane ? LEVELS[label % LEVELS.length]! + random.integer(20) : random.integer(256);
  }
  return bytes;
}

/** Nearest level of the mean of the first channel, for pictures of -1..1: scores are -(x - level)² without the x² that all share. */
export function redNet(): Model {
  const g = new GraphBuilder();
  const centres = LEVELS.map((level) => (level + 10) / 127.5 - 1);
  const x = g.input('x', ['N', 3, SIDE, SIDE]);
  const red = {
    dims: [LEVELS.length, 3, 1, 1],
    data: Float32Array.from(centres.flatMap((c) => [2 * c, 0, 0])),
  };
  const bias = { dims: [LEVELS.length], data: Float32Array.from(centres, (c) => -c * c) };
  const scores = g.node('Conv', [x, g.constant(red), g.constant(bias)], {}, 'scores');
  const same = {
    dims: [6, 4, 1, 1],
    data: Float32Array.from({ length: 24 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
  };
  const back = {
    dims: [4, 6, 1, 1],
    data: Float32Array.from({ length: 24 }, (_, i) => (i % 7 === 0 ? 1 : 0)),
  };
  const wide = g.node('Conv', [scores, g.constant(same)], {}, 'wide');
  const narrow = g.node('Conv', [wide, g.constant(back)], {}, 'narrow');
  g.output(g.node('Flatten', [g.node('GlobalAveragePool', [narrow])]), ['N', LEVELS.length]);
  return g.model();
}

/** The net analysed, and its data, in a folder of their own. Close it. */
export async function openRedNet(records: Uint8Array = redRecords(200)): Promise<{
  readonly folder: string;
  readonly data: string;
  readonly analysis: Analysis;
  close(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-survey-'));
  const data = join(folder, 'data.bin');
  await writeFile(data, records);
  await writeModel(join(folder, 'net.onnx'), redNet());
  const analysis = await follow(analyseFile(join(folder, 'net.onnx'), { engine: createOrtEngine() }));
  return { folder, data, analysis, close: () => rm(folder, { recursive: true }) };
}
