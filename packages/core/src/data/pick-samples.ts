// A part of a data set as a data set of its own.
import { EspalierError } from '../errors.ts';
import { spreadPositions } from './choose.ts';
import type { Dataset } from './dataset.ts';

/**
 * The samples at the given positions, in that order. Corrupt pictures are passed over and told to `onCorrupt`; with a limit, others take their
 * place. Labels are not told early.
 */
export function pickSamples(
  dataset: Dataset,
  positions: readonly number[],
  onCorrupt: (position: number, error: EspalierError) => void,
): Dataset {
  const { classLabels: _, ...rest } = dataset;
  return {
    ...rest,
    size: positions.length,
    async *samples({ limit = positions.length, signal } = {}) {
      const chosen = spreadPositions(positions.length, limit);
      const others = new Set(positions.keys());
      for (const place of chosen) others.delete(place);
      let found = 0;
      for (const place of [...chosen, ...others]) {
        if (found === chosen.length) return;
        signal?.throwIfAborted();
        try {
          yield await dataset.sampleAt(positions[place]!);
          found++;
        } catch (error) {
          if (!(error instanceof EspalierError) || error.code !== 'data.corrupt-image') throw error;
          onCorrupt(positions[place]!, error);
        }
      }
    },
    sampleAt: (place) => dataset.sampleAt(positions[place] ?? -1),
  };
}
