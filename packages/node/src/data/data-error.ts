// The errors the readers share.
import { stat } from 'node:fs/promises';
import { EspalierError } from '@espalier/core';

/** An error of kind `data`. */
export function dataError(code: string, message: string, hint: string, cause?: unknown): EspalierError {
  return new EspalierError({ kind: 'data', code, message, hint, ...(cause === undefined ? {} : { cause }) });
}

/** Size and type of a file or folder; `data.missing` with the path when there is none. */
export async function statData(path: string): Promise<{ readonly size: number; readonly isFolder: boolean }> {
  const found = await stat(path).catch((cause: unknown) => {
    throw dataError('data.missing', `'${path}' cannot be opened.`, 'Check the path of the data.', cause);
  });
  return { size: found.size, isFolder: found.isDirectory() };
}

/**
 * Refuses with `data.label-out-of-range` what is no class index: an integer from 0, below `classCount` where the classes are
 * known. `where` names the record, line or row.
 */
export function checkLabel(index: number, classCount: number | undefined, where: string): void {
  if (Number.isInteger(index) && index >= 0 && index < (classCount ?? Number.POSITIVE_INFINITY)) return;
  const classes =
    classCount === undefined
      ? 'no class index'
      : `not one of the ${classCount} classes 0 to ${classCount - 1}`;
  throw dataError(
    'data.label-out-of-range',
    `The label ${index} of ${where} is ${classes}.`,
    'Check the format, the record shape and the class names.',
  );
}

/** Refuses with `usage.no-such-sample` (kind `usage`) a position that a data set of `size` samples does not have. */
export function checkPosition(position: number, size: number, name: string): void {
  if (Number.isInteger(position) && position >= 0 && position < size) return;
  throw new EspalierError({
    kind: 'usage',
    code: 'usage.no-such-sample',
    message: `'${name}' has no sample at position ${position}.`,
    hint: `Its positions are 0 to ${size - 1}.`,
  });
}
