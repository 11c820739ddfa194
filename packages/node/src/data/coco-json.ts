// Detection sets in COCO's JSON form: images, annotations with [x, y, width, height] in pixels, categories with ids of their own.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Dataset, Image, Target, TargetBox } from '@espalier/core';
import { dataError } from './data-error.ts';
import { type ImageEntry, makeListDataset } from './image-list.ts';

/** How a COCO set is read. */
export interface CocoOptions {
  /** Folder that `file_name` is relative to; default: looked for beside the JSON file and one folder above it. */
  readonly images?: string;
}

interface CocoFile {
  readonly images: readonly {
    readonly id: number;
    readonly file_name: string;
    readonly width?: number;
    readonly height?: number;
  }[];
  readonly annotations: readonly {
    readonly image_id: number;
    readonly category_id: number;
    readonly bbox: readonly [number, number, number, number];
    readonly iscrowd?: number;
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
}

/**
 * Opens a COCO JSON file. Class indices number the categories in the order of their ids, without gaps. Errors, kind `data`:
 * `data.bad-json`, `data.missing` (pictures), `data.empty-folder`, `data.label-out-of-range` (unknown category), `data.bad-label`,
 * `data.wrong-size` (a picture is not the size the file states, so its boxes cannot fit).
 */
export async function openCoco(path: string, options: CocoOptions = {}): Promise<Dataset> {
  const file = await readCoco(path);
  if (file.images.length === 0) {
    throw dataError(
      'data.empty-folder',
      `'${path}' lists no images.`,
      'Choose the annotation file of another split.',
    );
  }
  const categories = [...file.categories].sort((a, b) => a.id - b.id);
  const boxesOf = groupBoxes(path, file, new Map(categories.map(({ id }, index) => [id, index])));
  const folder = options.images ?? (await findImages(path, file.images[0]!.file_name));
  const entries = file.images.map(
    (image): ImageEntry => ({
      id: image.file_name,
      path: join(folder, image.file_name),
      target: (decoded) => boxTarget(image, decoded, boxesOf.get(image.id)!),
    }),
  );
  const description = `${entries.length} pictures with ${file.annotations.length} boxes of ${categories.length} classes in COCO JSON form`;
  return makeListDataset(
    {
      name: path,
      kind: 'coco',
      classNames: categories.map(({ name }) => name),
      description,
    },
    entries,
  );
}

/** The boxes of each image by its id, `classOf` giving the class index of a category. */
function groupBoxes(
  path: string,
  file: CocoFile,
  classOf: ReadonlyMap<number, number>,
): ReadonlyMap<number, readonly TargetBox[]> {
  const boxesOf = new Map<number, TargetBox[]>(file.images.map(({ id }) => [id, []]));
  for (const [i, { image_id, category_id, bbox, iscrowd }] of file.annotations.entries()) {
    const classIndex = classOf.get(category_id);
    if (classIndex === undefined) {
      throw dataError(
        'data.label-out-of-range',
        `Annotation ${i} of '${path}' has category ${category_id}, which its categories do not list.`,
        'Repair the annotation file.',
      );
    }
    const boxes = boxesOf.get(image_id);
    if (!boxes || !Array.isArray(bbox) || bbox.length !== 4 || !bbox.every((n) => Number.isFinite(n))) {
      throw dataError(
        'data.bad-label',
        `Annotation ${i} of '${path}' (image ${image_id}, bbox ${JSON.stringify(bbox)}) belongs to no listed image or is no box.`,
        'Repair the annotation file.',
      );
    }
    const [x1, y1, width, height] = bbox;
    const corners = { x1, y1, x2: x1 + width, y2: y1 + height };
    boxes.push({ classIndex, ...corners, ...(iscrowd ? { crowd: true } : {}) });
  }
  return boxesOf;
}

function boxTarget(listed: CocoFile['images'][number], decoded: Image, boxes: readonly TargetBox[]): Target {
  const { width, height } = decoded;
  if ((listed.width ?? width) !== width || (listed.height ?? height) !== height) {
    throw dataError(
      'data.wrong-size',
      `The picture '${listed.file_name}' is ${width}x${height}, its annotations say ${listed.width}x${listed.height}.`,
      'Use the pictures the annotations were made on.',
    );
  }
  return { kind: 'boxes', boxes, width, height };
}

async function readCoco(path: string): Promise<CocoFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw dataError('data.missing', `'${path}' cannot be read.`, 'Check the path of the annotations.', cause);
  });
  let file: Partial<CocoFile> | null;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw dataError(
      'data.bad-json',
      `'${path}' is no JSON: ${(cause as Error).message}.`,
      'Repair the file.',
      cause,
    );
  }
  for (const key of ['images', 'annotations', 'categories'] as const) {
    const list: unknown = file?.[key];
    if (Array.isArray(list) && list.every((item) => typeof item === 'object' && item !== null)) continue;
    throw dataError(
      'data.bad-json',
      `'${path}' has no list of objects '${key}'.`,
      'Give an object-detection file of COCO form.',
    );
  }
  const unnamed = file!.images!.findIndex((image) => typeof image.file_name !== 'string');
  if (unnamed >= 0) {
    throw dataError(
      'data.bad-json',
      `Image ${unnamed} of '${path}' has no file_name.`,
      'Repair the annotation file.',
    );
  }
  return file as CocoFile;
}

/** Tries the places where the pictures of `annotations/instances_val2017.json` usually lie. */
async function findImages(path: string, first: string): Promise<string> {
  const here = dirname(path);
  const split = basename(path, extname(path)).replace(/^instances_/, '');
  const places = [here, dirname(here)].flatMap((base) =>
    ['', 'images', split, join('images', split)].map((inner) => join(base, inner)),
  );
  for (const place of places) {
    const found = await stat(join(place, first)).catch(() => undefined);
    if (found) return place;
  }
  throw dataError(
    'data.missing',
    `The pictures of '${path}' were not found: no '${first}' in ${places.join(', ')}.`,
    'Name their folder: --images FOLDER.',
  );
}
