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

/** Refuses a class index outside 0..classCount-1 with `data.label-out-of-range`; `where` names the record, line or row. */
export function checkLabel(index: number, classCount: number, where: string): void {
  if (Number.isInteger(index) && index >= 0 && index < classCount) return;
  throw dataError(
    'data.label-out-of-range',
    `The label ${index} of ${where} is not one of the ${classCount} classes 0 to ${classCount - 1}.`,
    'Check the format, the record shape and the class names.',
  );
}
