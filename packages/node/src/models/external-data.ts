// Weights in files beside the model: which file a location means (never one outside the model's folder), and reading the ranges
// that its tensors name.
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import {
  EspalierError,
  type ExternalData,
  type Graph,
  type Model,
  mapTensors,
  type Tensor,
} from '@espalier/core';
import { readBytes } from './read-bytes.ts';

/** One buffer holds less than this; also what a protobuf message may have. */
export const TWO_GIB = 2 ** 31;

/** The tensors of a model whose data lie in other files and have not been read. */
export function externalTensors(model: Model): readonly Tensor[] {
  const found: Tensor[] = [];
  mapTensors(model.graph, (tensor) => {
    if (tensor.external && tensor.raw === undefined) found.push(tensor);
    return tensor;
  });
  return found;
}

/**
 * The model with its external data read into each tensor's `raw` (`external` stays, as a trace of where they were). Each file is opened
 * once, each range read once. Codes `model.external-outside`, `model.external-missing`, `model.external-range`,
 * `model.external-too-large`.
 */
export async function readExternalData(model: Model, folder: string): Promise<Model> {
  const tensors = externalTensors(model);
  if (tensors.length === 0) return model;
  const read = new Map<string, Uint8Array>();
  for (const location of new Set(tensors.map((t) => t.external!.location))) {
    const users = tensors.filter((t) => t.external!.location === location);
    for (const [range, bytes] of await readRanges(folder, location, users)) read.set(range, bytes);
  }
  const graph: Graph = mapTensors(model.graph, (tensor) =>
    tensor.external && tensor.raw === undefined
      ? { ...tensor, raw: read.get(rangeKey(tensor.external))! }
      : tensor,
  );
  return { ...model, graph };
}

/** The file that a tensor's location means. */
export async function resolveLocation(folder: string, location: string, tensor: string): Promise<string> {
  const outside = () =>
    problem(
      'outside',
      `tensor '${tensor}' keeps its data in '${location}', outside the folder of the model`,
      'Use only models whose weights lie beside them; this one may be out to read other files.',
    );
  const escapes = (path: string) => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
  if (isAbsolute(location) || win32.isAbsolute(location) || location.includes('\0')) throw outside();
  const path = join(folder, location);
  if (escapes(relative(folder, path))) throw outside();
  const [home, real] = [
    await realpath(folder),
    await realpath(path).catch((cause) => missing(tensor, path, cause)),
  ];
  if (escapes(relative(home, real))) throw outside();
  return real;
}

async function readRanges(
  folder: string,
  location: string,
  tensors: readonly Tensor[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const first = tensors[0]!.name ?? '';
  const path = await resolveLocation(folder, location, first);
  const file = await open(path, 'r').catch((cause) => missing(first, path, cause));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) missing(first, path, undefined);
    const ranges = new Map<string, { readonly offset: number; readonly length: number }>();
    for (const tensor of tensors)
      ranges.set(rangeKey(tensor.external!), checkRange(tensor, path, stats.size));
    // Without this bound a small hostile model could ask for the same large file a thousand times.
    const total = [...ranges.values()].reduce((sum, { length }) => sum + length, 0);
    if (total > stats.size) {
      throw problem(
        'range',
        `the tensors in ${path} claim ${total} bytes, the file has ${stats.size}`,
        'Copy the data file again, or export the model again.',
      );
    }
    const read = new Map<string, Uint8Array>();
    for (const [key, { offset, length }] of ranges)
      read.set(key, await readBytes(file, path, offset, length));
    return read;
  } finally {
    await file.close();
  }
}

function checkRange(tensor: Tensor, path: string, size: number): { offset: number; length: number } {
  const { offset, length = Math.max(size - offset, 0) } = tensor.external!;
  const name = tensor.name ?? '';
  if (offset > size || length > size - offset) {
    throw problem(
      'range',
      `tensor '${name}' has its data at bytes ${offset} to ${offset + length} of ${path}, which has ${size}`,
      'Copy the data file again, or export the model again.',
    );
  }
  if (length >= TWO_GIB) {
    throw problem(
      'too-large',
      `tensor '${name}' has ${length} bytes, 2 GiB and more are not supported`,
      'Split the layer before exporting the model.',
    );
  }
  return { offset, length };
}

function rangeKey({ location, offset, length }: ExternalData): string {
  return JSON.stringify([location, offset, length]);
}

function missing(tensor: string, path: string, cause: unknown): never {
  throw problem(
    'missing',
    `tensor '${tensor}' keeps its data in ${path}, which is no readable file`,
    'Put the data file beside the model.',
    cause,
  );
}

function problem(code: string, message: string, hint: string, cause?: unknown): EspalierError {
  return new EspalierError({ kind: 'model', code: `model.external-${code}`, message, hint, cause });
}
