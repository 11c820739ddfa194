// Errors between threads: they lose their class on the way, so they travel as their fields.
import { type ErrorDetails, EspalierError } from '@espalier/core';

/** The fields of an error that was raised on purpose, for another thread; any other error is thrown and ends this one. */
export function packFailure(error: unknown): ErrorDetails {
  if (!(error instanceof EspalierError)) throw error;
  const { kind, code, message, hint } = error;
  return { kind, code, message, ...(hint === undefined ? {} : { hint }) };
}
