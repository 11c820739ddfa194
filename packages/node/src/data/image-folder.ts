// A folder of pictures: one subfolder per class, or a flat folder without labels.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Dataset } from '@espalier/core';
import { dataError } from './data-error.ts';
import { isImageName } from './decode-image.ts';
import { type ImageEntry, makeListDataset } from './image-list.ts';

/** How an image folder is read. */
export interface ImageFolderOptions {
  /** Which of the folders train, val, test to read when the folder holds these; default: val, then test. */
  readonly split?: string;
}

const SPLITS = ['train', 'val', 'valid', 'validation', 'test'];

/**
 * Opens a folder. Class subfolders are numbered in the order of their names by code unit ("10" before "2"), as training tools do;
 * an empty one keeps its number. Errors, kind `data`: `data.empty-folder`, `data.mixed-folder` (pictures beside class folders),
 * `data.missing` (no such split).
 */
export async function openImageFolder(path: string, options: ImageFolderOptions = {}): Promise<Dataset> {
  const { folders, images } = await listFolder(path);
  if (folders.length > 0 && images.length > 0) {
    throw dataError(
      'data.mixed-folder',
      `'${path}' holds pictures (${images[0]}) directly beside folders (${folders[0]}).`,
      'Move the pictures into the folder of their class, or the folders away.',
    );
  }
  const areSplits = folders.length > 0 && folders.every((name) => SPLITS.includes(name));
  if (areSplits) return openSplit(path, folders, options.split);
  if (folders.length > 0) return openClasses(path, folders);
  if (images.length === 0) throw emptyFolder(path);

  const entries = images.map(
    (name): ImageEntry => ({ id: name, path: join(path, name), target: () => ({ kind: 'none' }) }),
  );
  const description = `${entries.length} pictures without labels in a flat folder`;
  return makeListDataset({ name: path, kind: 'images', description }, entries);
}

async function openSplit(
  path: string,
  splits: readonly string[],
  wanted: string | undefined,
): Promise<Dataset> {
  const preferred = ['val', 'valid', 'validation', 'test', 'train'].filter((name) => splits.includes(name));
  const split = wanted ?? preferred[0]!;
  if (!splits.includes(split)) {
    throw dataError('data.missing', `'${path}' has no split '${split}'.`, `It has: ${splits.join(', ')}.`);
  }
  const inner = await openImageFolder(join(path, split));
  return { ...inner, name: path, split, description: `${inner.description}, split '${split}'` };
}

async function openClasses(path: string, classNames: readonly string[]): Promise<Dataset> {
  const entries: ImageEntry[] = [];
  const classes: number[] = [];
  for (const [index, name] of classNames.entries()) {
    for (const file of await listImages(join(path, name))) {
      entries.push({
        id: `${name}/${file}`,
        path: join(path, name, file),
        target: () => ({ kind: 'class', index }),
      });
      classes.push(index);
    }
  }
  if (entries.length === 0) throw emptyFolder(path);
  const empty = classNames.length - new Set(classes).size;
  const description = `${entries.length} pictures in ${classNames.length} class folders${empty > 0 ? ` (${empty} empty)` : ''}`;
  return makeListDataset({ name: path, kind: 'images', classNames, description }, entries, classes);
}

/** Names of the folders and pictures directly inside, sorted by code unit; hidden entries and other files do not count. */
async function listFolder(
  path: string,
): Promise<{ readonly folders: readonly string[]; readonly images: readonly string[] }> {
  const found = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    throw dataError(
      'data.missing',
      `The folder '${path}' cannot be read.`,
      'Check the path of the data.',
      cause,
    );
  });
  const visible = found.filter((entry) => !entry.name.startsWith('.'));
  const names = (entries: typeof visible) => entries.map((entry) => entry.name).sort();
  return {
    folders: names(visible.filter((entry) => entry.isDirectory())),
    images: names(visible.filter((entry) => !entry.isDirectory() && isImageName(entry.name))),
  };
}

/** Pictures in a folder and the folders below it, relative to it, sorted folder by folder. */
export async function listImages(path: string): Promise<readonly string[]> {
  const { folders, images } = await listFolder(path);
  const deeper: string[] = [];
  for (const folder of folders) {
    for (const name of await listImages(join(path, folder))) deeper.push(`${folder}/${name}`);
  }
  return [...images, ...deeper];
}

function emptyFolder(path: string) {
  return dataError(
    'data.empty-folder',
    `'${path}' holds no pictures.`,
    `Name the folder whose subfolders are the classes; '${basename(path)}' has none with pictures.`,
  );
}
