// Lists of pictures in a CSV file: one path per row, and its label.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Dataset } from '@espalier/core';
import { checkLabel, dataError } from './data-error.ts';
import { isImageName } from './decode-image.ts';
import { type ImageEntry, makeListDataset } from './image-list.ts';

/** How a CSV list is read. */
export interface CsvOptions {
  /** Names by class index. Default: labels that all are integers are indices, other labels are numbered in sorted order. */
  readonly classNames?: readonly string[];
}

/**
 * Opens a list of `path,label` rows (RFC 4180; a first row whose path is no picture's name is the header; further columns are
 * ignored; paths are relative to the list). Without a label column the pictures are unlabelled. Errors, kind `data`:
 * `data.missing`, `data.empty-folder`, `data.bad-row`, `data.label-out-of-range`, all with the row.
 */
export async function openCsv(path: string, options: CsvOptions = {}): Promise<Dataset> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw dataError('data.missing', `'${path}' cannot be read.`, 'Check the path of the list.', cause);
  });
  const rows = parseCsv(text.replace(/^\uFEFF/, ''));
  if (rows.length > 0 && !isImageName(rows[0]![0]!)) rows.shift();
  if (rows.length === 0) {
    throw dataError(
      'data.empty-folder',
      `'${path}' lists no pictures.`,
      'Write rows of the form: path,label.',
    );
  }
  const labelled = rows[0]!.length > 1;
  const odd = rows.findIndex((row) => row.length > 1 !== labelled || !isImageName(row[0]!));
  if (odd >= 0) {
    throw dataError(
      'data.bad-row',
      `'${path}' has the row '${rows[odd]!.join(',')}' where ${labelled ? 'a picture and a label' : 'a picture'} should be.`,
      'Write every row as: path,label.',
    );
  }
  const { classNames, classes } = labelled ? numberLabels(path, rows, options.classNames) : {};
  const entries = rows.map(
    ([file], i): ImageEntry => ({
      id: file!,
      path: resolve(dirname(path), file!),
      target: () => (classes ? { kind: 'class', index: classes[i]! } : { kind: 'none' }),
    }),
  );
  const description = `${entries.length} ${labelled ? 'labelled pictures' : 'pictures without labels'} in a CSV list`;
  return makeListDataset(
    {
      name: path,
      kind: 'csv',
      ...(classNames ? { classNames } : {}),
      description,
    },
    entries,
    classes,
  );
}

function numberLabels(
  path: string,
  rows: readonly (readonly string[])[],
  given: readonly string[] | undefined,
): { readonly classNames?: readonly string[]; readonly classes: readonly number[] } {
  const labels = rows.map((row) => row[1]!.trim());
  if (labels.every((label) => /^-?\d+$/.test(label))) {
    const classes = labels.map(Number);
    for (const [i, index] of classes.entries()) {
      checkLabel(index, given?.length, `'${rows[i]![0]}' in '${path}'`);
    }
    return { ...(given ? { classNames: given } : {}), classes };
  }
  const classNames = given ?? [...new Set(labels)].sort();
  const classes = labels.map((label) => classNames.indexOf(label));
  const unknown = classes.indexOf(-1);
  if (unknown >= 0) {
    throw dataError(
      'data.label-out-of-range',
      `'${path}' labels '${rows[unknown]![0]}' as '${labels[unknown]}', which is none of the classes.`,
      `The classes are: ${classNames.join(', ')}.`,
    );
  }
  return { classNames, classes };
}

/** Splits CSV text into rows of fields; quoted fields may hold commas, line ends and doubled quotes; blank rows are dropped. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === ',') continue;
    if (row.some((field) => field !== '')) rows.push(row);
    row = [];
  }
  return rows;
}
