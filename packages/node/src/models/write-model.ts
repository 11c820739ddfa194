// Writing an ONNX model to a path: one file, or a small one with its weights in a data file beside it.
import { basename, dirname, join } from 'node:path';
import { EspalierError, encodedSize, encodeModelChunks, type Model, type Tensor } from '@espalier/core';
import { TWO_GIB } from './external-data.ts';
import { type StagedFile, stageFile, type WriteOptions, writeFileAtomic } from './write-file-atomic.ts';

/** How a model is written. */
export interface WriteModelOptions extends WriteOptions {
  /**
   * Whether weights go to a data file: `auto` (default) when the model would reach 2 GiB or came with external data, `always`, or `never`,
   * which fails at 2 GiB.
   */
  readonly external?: 'auto' | 'always' | 'never';
}

/** The files that were written. */
export interface WrittenModel {
  readonly path: string;
  /** Size of the model file. */
  readonly bytes: number;
  /** The data file `<name>.data`, where there is one. */
  readonly dataPath?: string;
  readonly dataBytes?: number;
}

/** Where tensors begin in a data file: page-aligned, so that runtimes can map them. */
const ALIGNMENT = 4096;

/** Smaller initializers stay in the model file. */
const LEAST_EXTERNAL = 1024;

/**
 * Writes a model atomically, in pieces. Both files are complete on the disk before either gets its name. Codes `io.exists`, `io.no-folder`,
 * `io.write-failed`, `onnx.too-large`.
 */
export async function writeModel(
  path: string,
  model: Model,
  { external = 'auto', force = false }: WriteModelOptions = {},
): Promise<WrittenModel> {
  if (!goesExternal(model, external)) {
    checkSize(path, model);
    return { path, bytes: await writeFileAtomic(path, encodeModelChunks(model), { force }) };
  }
  const dataPath = join(dirname(path), `${basename(path)}.data`);
  const { tensors, chunks } = layOut(model.graph.initializers, basename(dataPath));
  const light: Model = { ...model, graph: { ...model.graph, initializers: tensors } };
  checkSize(path, light);
  const staged: StagedFile[] = [];
  try {
    staged.push(await stageFile(dataPath, chunks, { force }));
    staged.push(await stageFile(path, encodeModelChunks(light), { force }));
    for (const file of staged) await file.commit();
  } finally {
    for (const file of staged) await file.discard();
  }
  const [dataBytes, bytes] = staged.map((file) => file.bytes);
  return { path, bytes: bytes!, dataPath, dataBytes: dataBytes! };
}

function goesExternal(model: Model, external: 'auto' | 'always' | 'never'): boolean {
  if (external !== 'auto') return external === 'always';
  return model.graph.initializers.some((tensor) => tensor.external) || encodedSize(model) >= TWO_GIB;
}

function checkSize(path: string, model: Model): void {
  const bytes = encodedSize(model);
  if (bytes < TWO_GIB) return;
  throw new EspalierError({
    kind: 'model',
    code: 'onnx.too-large',
    message: `${path} would have ${bytes} bytes, an ONNX file has less than 2 GiB`,
    hint: 'Let the weights go to an external data file.',
  });
}

/** Tensors that point into one data file, and what that file is made of. */
function layOut(
  initializers: readonly Tensor[],
  location: string,
): { readonly tensors: readonly Tensor[]; readonly chunks: readonly Uint8Array[] } {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const tensors = initializers.map((tensor) => {
    if (tensor.raw === undefined || tensor.raw.length < LEAST_EXTERNAL) return tensor;
    const padding = -size & (ALIGNMENT - 1);
    const { raw, ...rest } = tensor;
    chunks.push(new Uint8Array(padding), raw);
    const offset = size + padding;
    size = offset + raw.length;
    return { ...rest, external: { location, offset, length: raw.length } };
  });
  return { tensors, chunks };
}
