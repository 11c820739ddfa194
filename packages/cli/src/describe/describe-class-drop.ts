// What a search says of the class that lost most.
import type { ClassDrop } from '@espalier/core';
import { formatNumberOf, formatScore } from '../output/units.ts';

/** `class 'cat' loses 0.0400 on 250 samples, perhaps 0.0710`. */
export function describeClassDrop({ name, drop, worst, samples }: Omit<ClassDrop, 'interval'>): string {
  const [loss, most] = [formatScore(drop), formatScore(worst)];
  const margin = most === loss ? '' : `, perhaps ${most}`;
  return `class '${name}' loses ${loss} on ${formatNumberOf(samples, 'sample')}${margin}`;
}
