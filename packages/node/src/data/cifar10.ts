// CIFAR-10 in its official binary version: records of one label byte and 3072 bytes of planar red, green and blue.
import type { Dataset } from '@espalier/core';
import { openRecords } from './records.ts';

/** The ten classes in the order of their labels. */
export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

/** Bytes of one record. */
export const CIFAR10_RECORD_BYTES = 3073;

/** Opens one `.bin` file (or `.bin.gz`); errors as `openRecords`. */
export function openCifar10(path: string): Promise<Dataset> {
  return openRecords(path, { shape: [3, 32, 32], classNames: CIFAR10_CLASSES, kind: 'cifar10' });
}
