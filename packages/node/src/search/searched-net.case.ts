// What tests of the search share: a residual net half of whose channels hardly matter, pictures that it labels itself, and searches over them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  argMax,
  createRandom,
  encodeModel,
  GraphBuilder,
  type Metric,
  type Model,
  type ModelTask,
  toFloat32,
} from '@espalier/core';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { follow } from '../pipeline/events.ts';
import type { TrainingDataOptions } from '../training/training-data.ts';
import { runSearch, type SearchResult } from './run-search.ts';
import type { SearchEvent } from './search-events.ts';
import { openSearchFolder } from './search-folder.ts';
import type { SearchOptions } from './search-options.ts';

/** Runs every model of these tests. */
export const engine = createOrtEngine();

const SIDE = 4;
const PIXELS = 3 * SIDE * SIDE;
const CLASSES = 4;
const [MEAN, STD] = [0.5, 0.29];

/** Convolutions of 16, 12, 16 (tied to the first), 8 and 8 channels and a classifier; the second half of every layer's channels is faint. */
export function faintNet(): Model {
  const random = createRandom(7);
  const g = new GraphBuilder();
  const conv = (x: string, from: number, to: number, name: string): string => {
    const weights = Float32Array.from({ length: to * from * 9 }, (_, i) => {
      const loudness = i < (to * from * 9) / 2 ? 1.4 : 0.02;
      return (loudness * random.normal()) / Math.sqrt(9 * from);
    });
    const inputs = [x, g.constant({ dims: [to, from, 3, 3], data: weights })];
    return g.node('Relu', [g.node('Conv', inputs, { pads: [1, 1, 1, 1] }, name)]);
  };
  const stem = conv(g.input('x', ['N', 3, SIDE, SIDE]), 3, 16, 'stem');
  const sum = g.node('Add', [stem, conv(conv(stem, 16, 12, 'inner'), 12, 16, 'outer')]);
  const tail = conv(conv(sum, 16, 8, 'late'), 8, 8, 'tail');
  const width = 8 * SIDE * SIDE;
  const data = Float32Array.from({ length: width * CLASSES }, () => random.normal() / Math.sqrt(width));
  const scores = g.node('Gemm', [g.node('Flatten', [tail]), g.constant({ dims: [width, CLASSES], data })]);
  g.output(scores, ['N', CLASSES]);
  return g.model();
}

/** Cross-entropy, of which less is better and which training lowers at once. */
export function createLossMetric(): Metric {
  let [sum, count] = [0, 0];
  return {
    name: 'loss',
    higherIsBetter: false,
    add({ outputs }, targets) {
      const scores = toFloat32(Object.values(outputs)[0]!);
      for (const [row, target] of targets.entries()) {
        if (target.kind !== 'class') continue;
        const own = [...scores.subarray(CLASSES * row, CLASSES * (row + 1))];
        sum += Math.log(own.reduce((total, score) => total + Math.exp(score), 0)) - own[target.index]!;
        count += 1;
      }
    },
    result: () => ({ loss: sum / count }),
  };
}

interface Pictures {
  /** Byte 0 of each record is the label. */
  readonly records: Uint8Array;
  /** The same without labels, prepared for the net, as a .npy file. */
  readonly arrays: Uint8Array;
}

/** Pictures of noise, labelled by the net, every eighth wrong. */
async function drawPictures(model: Model, count: number): Promise<Pictures> {
  const random = createRandom(3);
  const bytes = Uint8Array.from({ length: count * PIXELS }, () => random.integer(256));
  const data = Float32Array.from(bytes, (level) => (level / 255 - MEAN) / STD);
  const session = await engine.load(model);
  const answers = await session.run({ x: { type: 'float32', dims: [count, 3, SIDE, SIDE], data } });
  await session.close();
  const scores = toFloat32(Object.values(answers)[0]!);
  const records = new Uint8Array(count * (1 + PIXELS));
  for (let i = 0; i < count; i++) {
    const answer = argMax(scores.subarray(CLASSES * i, CLASSES * (i + 1)));
    records[i * (1 + PIXELS)] = i % 8 === 7 ? (answer + 1) % CLASSES : answer;
    records.set(bytes.subarray(i * PIXELS, (i + 1) * PIXELS), i * (1 + PIXELS) + 1);
  }
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, 3, ${SIDE}, ${SIDE})}\n`;
  const head = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1'), Buffer.from(header)]);
  head.writeUInt16LE(header.length, 8);
  return { records, arrays: Buffer.concat([head, new Uint8Array(data.buffer)]) };
}

/** What a search of these tests may be asked instead. */
export interface SearchWishes
  extends Partial<Omit<SearchOptions, 'engine' | 'model' | 'folder' | 'training'>> {
  readonly labels?: boolean;
  /** Default true. */
  readonly deterministic?: boolean;
  readonly createMetric?: () => Metric;
  readonly task?: ModelTask;
  /** Goes on in the folder. */
  readonly resume?: boolean;
}

/** A place with the net and its pictures. Close it. */
export interface SearchPlace {
  /** Path of the net. */
  readonly model: string;
  /** The pictures, with labels or without, and how they are prepared. */
  dataOf(labels: boolean): Pick<TrainingDataOptions, 'path' | 'dataset' | 'preprocess' | 'augment'>;
  /** Path of a file in a run folder. */
  at(run: string, file: string): string;
  /** Searches in the run folder of that name; a listener may throw. */
  search(run: string, wishes?: SearchWishes, listen?: (event: SearchEvent) => void): Promise<SearchResult>;
  close(): Promise<void>;
}

/** Makes a place with so many pictures, half of which judge. */
export async function openSearchPlace(count = 320): Promise<SearchPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-search-'));
  const model = join(folder, 'net.onnx');
  const [records, arrays] = [join(folder, 'data.bin'), join(folder, 'data.npy')];
  const net = faintNet();
  await writeFile(model, encodeModel(net));
  const pictures = await drawPictures(net, count);
  await writeFile(records, pictures.records);
  await writeFile(arrays, pictures.arrays);
  const dataOf: SearchPlace['dataOf'] = (labels) =>
    labels
      ? {
          ...{ path: records, augment: 'none', preprocess: `mean=${MEAN} std=${STD}` },
          dataset: { format: 'records', shape: [3, SIDE, SIDE] },
        }
      : { path: arrays, augment: 'none' };
  return {
    model,
    dataOf,
    at: (run, file) => join(folder, run, file),
    async search(run, wishes = {}, listen) {
      const { labels = true, resume = false, deterministic = true, createMetric, task, ...rest } = wishes;
      const opened = await openSearchFolder(join(folder, run), { resume });
      try {
        const search = runSearch({
          ...{ engine, model, folder: opened, settings: {} },
          target: { measure: 'macs', kept: 0.5 },
          maxDrop: 0.1,
          scoring: { criterion: 'l1', workers: 0 },
          recovery: { method: 'none' },
          load: { threads: 1 },
          training: {
            data: { batch: 8, seed: 1, workers: 0, ...dataOf(labels), ...(task && { task }) },
            evaluation: { share: 0.5, ...(createMetric && { createMetric }) },
            deterministic,
          },
          ...rest,
        });
        return await follow(search, listen);
      } finally {
        opened.close();
      }
    },
    close: () => rm(folder, { recursive: true }),
  };
}
