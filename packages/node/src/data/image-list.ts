// A data set that is a list of picture files: decodes ahead of the reader, skips corrupt files up to a limit, keeps the order.
import {
  type Dataset,
  EspalierError,
  type Image,
  type Sample,
  type SampleInput,
  type SampleOptions,
  spreadByClass,
  spreadPositions,
  type Target,
} from '@espalier/core';
import { checkPosition } from './data-error.ts';
import { decodeImage } from './decode-image.ts';

/** One picture file and what is true of it; the target may need the decoded size. */
export interface ImageEntry {
  readonly id: string;
  readonly path: string;
  readonly target: (image: Image) => Target | Promise<Target>;
}

/** Pictures in flight: enough to keep the decoder's threads busy, few enough to bound memory. */
const AHEAD = 8;

/** What a reader knows of its set beside the list itself. */
export type ListFacts = Pick<Dataset, 'name' | 'kind' | 'classNames' | 'split' | 'description'>;

/** Makes a data set of a list; `classes`, the class index of each entry where known, let a limit keep every class. */
export function makeListDataset(
  facts: ListFacts,
  entries: readonly ImageEntry[],
  classes?: readonly number[],
): Dataset {
  return {
    ...facts,
    size: entries.length,
    choice: classes
      ? 'every class in its share, at least one picture each, spread over the sorted list'
      : 'one picture of each equal slice of the list',
    samples: (options: SampleOptions = {}) => {
      const limit = options.limit ?? entries.length;
      const positions = classes ? spreadByClass(classes, limit) : spreadPositions(entries.length, limit);
      return readImages(entries, positions, options);
    },
    sampleAt: async (position) => {
      checkPosition(position, entries.length, facts.name);
      return loadSample(entries[position]!);
    },
    ...(classes && {
      classLabels: async () => classes.map((index, position) => ({ id: entries[position]!.id, index })),
    }),
  };
}

/** Decodes the chosen entries in order; errors as `decodeImage`, once more than `corruptLimit` pictures are corrupt. */
async function* readImages(
  entries: readonly ImageEntry[],
  positions: readonly number[],
  { signal, corruptLimit = 0, onCorrupt }: SampleOptions,
): AsyncGenerator<Sample> {
  const flight: Promise<Sample | EspalierError>[] = [];
  let corrupt = 0;
  for (let next = 0; next < positions.length || flight.length > 0; ) {
    signal?.throwIfAborted();
    while (next < positions.length && flight.length < AHEAD) {
      const loading = loadUnlessCorrupt(entries[positions[next++]!]!);
      // A failure is reported when its turn comes; until then it must not count as unhandled.
      loading.catch(() => {});
      flight.push(loading);
    }
    const sample = await flight.shift()!;
    if (!(sample instanceof EspalierError)) {
      yield sample;
      continue;
    }
    if (++corrupt > corruptLimit) throw sample;
    onCorrupt?.(sample);
  }
}

/** A corrupt picture comes back as its error, because whether it may be skipped is decided in order. */
async function loadUnlessCorrupt(entry: ImageEntry): Promise<Sample | EspalierError> {
  try {
    return await loadSample(entry);
  } catch (error) {
    if (error instanceof EspalierError && error.code === 'data.corrupt-image') return error;
    throw error;
  }
}

async function loadSample(entry: ImageEntry): Promise<Sample> {
  const image = await decodeImage(entry.path);
  const input: SampleInput = { kind: 'image', image };
  return { id: entry.id, input, target: await entry.target(image) };
}
