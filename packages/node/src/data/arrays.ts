// NumPy arrays as a data set: an .npz archive with inputs and labels, or an .npy file of inputs. Bytes that are shaped like
// pictures are pictures and get preprocessed; everything else is fed as it stands.
import { readFile } from 'node:fs/promises';
import {
  type ArrayData,
  type Dataset,
  decodeNpy,
  elementCount,
  type Image,
  type NdArray,
  type Sample,
  type SampleInput,
  type SampleOptions,
  spreadByClass,
  spreadPositions,
  type Target,
} from '@espalier/core';
import { checkLabel, checkPosition, dataError, statData } from './data-error.ts';
import { openZip } from './zip.ts';

/** How arrays are read. */
export interface ArrayOptions {
  /** Names by class index; labels beyond them are errors. */
  readonly classNames?: readonly string[];
  /** An .npy file of labels for inputs that are an .npy file too. */
  readonly labels?: string;
}

/** Names under which archives usually hold inputs and labels, in order of preference. */
const INPUT_NAMES = ['inputs', 'images', 'x', 'x_test', 'data', 'arr_0'];
const LABEL_NAMES = ['labels', 'targets', 'y', 'y_test', 'arr_1'];
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Opens arrays whose first axis counts the samples. uint8 inputs [N,H,W], [N,H,W,C] or [N,C,H,W] with C of 1, 3 or 4 are images.
 * Integer labels [N] or [N,1] are classes, uint8 labels [N,H,W] masks, other labels arrays. Errors, kind `data`:
 * `data.missing`, `data.wrong-size` (counts differ, no samples), `data.label-out-of-range`, `data.too-large`; those of
 * `decodeNpy` and `openZip`.
 */
export async function openArrays(path: string, options: ArrayOptions = {}): Promise<Dataset> {
  const { inputs, labels } = await readArrays(path, options);
  const size = inputs.dims[0] ?? 0;
  if (size === 0 || (labels && labels.dims[0] !== size)) {
    const of = labels ? ` and labels [${labels.dims}]` : '';
    throw dataError(
      'data.wrong-size',
      `'${path}' holds inputs [${inputs.dims}]${of}: the first axis must count the samples of both.`,
      'Save arrays whose first axis is the sample.',
    );
  }
  const inputOf = makeInputReader(inputs);
  const classes = labels && readClasses(path, labels, options.classNames);
  const targetOf = classes
    ? (i: number): Target => ({ kind: 'class', index: classes[i]! })
    : makeTargetReader(labels);
  const sampleOf = (i: number): Sample => ({ id: String(i), input: inputOf(i), target: targetOf(i) });
  return {
    name: path,
    kind: 'arrays',
    size,
    ...(options.classNames ? { classNames: options.classNames } : {}),
    description: `${size} ${inputOf(0).kind === 'image' ? 'images' : 'arrays'} [${inputs.dims}] ${inputs.type} with ${targetOf(0).kind} targets, as NumPy saved them`,
    choice: classes ? 'every class in its share, at least one sample each' : 'one sample of each equal slice',
    async *samples({ limit = size, signal }: SampleOptions = {}) {
      for (const i of classes ? spreadByClass(classes, limit) : spreadPositions(size, limit)) {
        signal?.throwIfAborted();
        yield sampleOf(i);
      }
    },
    sampleAt: async (position) => {
      checkPosition(position, size, path);
      return sampleOf(position);
    },
    ...(classes && { classLabels: async () => classes.map((index, i) => ({ id: String(i), index })) }),
  };
}

async function readArrays(
  path: string,
  options: ArrayOptions,
): Promise<{ readonly inputs: NdArray; readonly labels?: NdArray }> {
  const bytes = await readWhole(path);
  if (!path.endsWith('.npz')) {
    const inputs = decodeNpy(bytes, path);
    if (options.labels === undefined) return { inputs };
    return { inputs, labels: decodeNpy(await readWhole(options.labels), options.labels) };
  }
  const archive = openZip(bytes, path);
  const find = (names: readonly string[]): NdArray | undefined => {
    const member = names
      .map((name) => archive.names.find((found) => found.toLowerCase() === `${name}.npy`))
      .find((found) => found !== undefined);
    return member === undefined ? undefined : decodeNpy(archive.unpack(member), `${path}:${member}`);
  };
  const inputs = find(INPUT_NAMES);
  const labels = find(LABEL_NAMES);
  if (inputs) return labels ? { inputs, labels } : { inputs };
  throw dataError(
    'data.missing',
    `'${path}' has no inputs among its arrays: ${archive.names.join(', ') || 'none at all'}.`,
    `Save them as: numpy.savez(file, inputs=…, labels=…).`,
  );
}

async function readWhole(path: string): Promise<Uint8Array> {
  const { size } = await statData(path);
  if (size <= MOST_BYTES) return readFile(path);
  throw dataError(
    'data.too-large',
    `'${path}' has ${size} bytes, more than 2 GB.`,
    'Split it into several files.',
  );
}

/** Views of single samples; copies nothing. */
function makeInputReader(inputs: NdArray): (i: number) => SampleInput {
  const shape = imageShape(inputs);
  const row = makeRowReader(inputs);
  if (!shape) return (i) => ({ kind: 'array', array: row(i) });
  return (i) => ({ kind: 'image', image: { ...shape, data: row(i).data as Uint8Array } });
}

function imageShape({ type, dims }: NdArray): Omit<Image, 'data'> | undefined {
  if (type !== 'uint8') return undefined;
  const [, a = 0, b = 0, c = 0] = dims;
  if (dims.length === 3) return { height: a, width: b, channels: 1, order: 'hwc' };
  if (dims.length !== 4) return undefined;
  const isChannels = (count: number) => count === 1 || count === 3 || count === 4;
  if (isChannels(c)) return { height: a, width: b, channels: c, order: 'hwc' };
  return isChannels(a) ? { height: b, width: c, channels: a, order: 'chw' } : undefined;
}

function makeRowReader({ type, dims, data }: NdArray): (i: number) => NdArray {
  const rowDims = dims.slice(1);
  const size = elementCount(rowDims);
  return (i) => ({ type, dims: rowDims, data: data.subarray(i * size, (i + 1) * size) as ArrayData });
}

/** Class indices, when the labels are one integer per sample. */
function readClasses(
  path: string,
  { type, dims, data }: NdArray,
  classNames: readonly string[] | undefined,
): readonly number[] | undefined {
  const perSample = dims.length === 1 || (dims.length === 2 && dims[1] === 1);
  if (!perSample || type.startsWith('float')) return undefined;
  const classes = Array.from(data as ArrayLike<number | bigint>, Number);
  for (const [i, index] of classes.entries()) {
    checkLabel(index, classNames?.length, `sample ${i} of '${path}'`);
  }
  return classes;
}

function makeTargetReader(labels: NdArray | undefined): (i: number) => Target {
  if (!labels) return () => ({ kind: 'none' });
  const row = makeRowReader(labels);
  if (labels.type !== 'uint8' || labels.dims.length !== 3) return (i) => ({ kind: 'array', array: row(i) });
  const [, height, width] = labels.dims as [number, number, number];
  return (i) => ({ kind: 'mask', width, height, data: row(i).data as Uint8Array });
}
