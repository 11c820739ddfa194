// The best a device does, in words.
import type { z } from 'zod';
import type { rooflineField } from '../documents/fields.ts';

/** `62.1 GMAC/s and 14.0 GB/s`. */
export function describeRoofline({ macsPerMs, bytesPerMs }: z.infer<typeof rooflineField>): string {
  return `${(macsPerMs / 1e6).toFixed(1)} GMAC/s and ${(bytesPerMs / 1e6).toFixed(1)} GB/s`;
}
