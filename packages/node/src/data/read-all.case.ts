// Walks through a whole data set, for the tests of the readers.
import type { Dataset, Sample, SampleOptions } from '@espalier/core';

/** All samples, in order. */
export async function readAll(dataset: Dataset, options?: SampleOptions): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of dataset.samples(options)) samples.push(sample);
  return samples;
}
