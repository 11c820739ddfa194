// Detection sets in the YOLO layout: a YAML file with the splits and class names, images/ and beside it labels/ with one text
// file per picture, each line `class centre-x centre-y width height` (or a polygon) as fractions of the picture's size.
import { readFile } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Dataset, Image, Target, TargetBox } from '@espalier/core';
import { checkLabel, dataError, statData } from './data-error.ts';
import { isImageName } from './decode-image.ts';
import { listImages } from './image-folder.ts';
import { type ImageEntry, makeListDataset } from './image-list.ts';

/** How a YOLO set is read. */
export interface YoloOptions {
  /** Key of the YAML file that names the pictures: `val` (default), `train`, `test`. */
  readonly split?: string;
}

/**
 * Opens the YAML file of a set. A picture without a label file has no objects. Errors, kind `data`: `data.bad-yaml`,
 * `data.missing` (split, pictures), `data.empty-folder`, `data.bad-label` and `data.label-out-of-range` (file and line).
 */
export async function openYolo(path: string, { split = 'val' }: YoloOptions = {}): Promise<Dataset> {
  const config = await readConfig(path);
  const classNames = readNames(path, config.names);
  const root = resolve(dirname(path), typeof config.path === 'string' ? config.path : '.');
  const places = [config[split]].flat();
  if (!places.every((place) => typeof place === 'string')) {
    const splits = ['train', 'val', 'test'].filter((name) => config[name] !== undefined);
    throw dataError(
      'data.missing',
      `'${path}' names no pictures under '${split}:'.`,
      splits.length > 0 ? `It has: ${splits.join(', ')}.` : "Add a line like 'val: images/val'.",
    );
  }
  const files = (await Promise.all(places.map((place) => listPictures(resolve(root, place))))).flat();
  if (files.length === 0) {
    throw dataError(
      'data.empty-folder',
      `'${path}' lists no pictures under '${split}:'.`,
      'Check its folders.',
    );
  }
  const entries = files.map(
    (file): ImageEntry => ({
      id: relative(dirname(path), file),
      path: file,
      target: (image) => readLabels(labelPath(file), image, classNames.length),
    }),
  );
  const description = `${entries.length} pictures with boxes of ${classNames.length} classes in YOLO form, split '${split}'`;
  return makeListDataset(
    {
      name: path,
      kind: 'yolo',
      classNames,
      split,
      description,
    },
    entries,
  );
}

async function readConfig(path: string): Promise<Readonly<Record<string, unknown>>> {
  await statData(path);
  const { parse } = await import('yaml');
  let config: unknown;
  try {
    config = parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw dataError(
      'data.bad-yaml',
      `'${path}' is no YAML: ${(cause as Error).message}`,
      'Repair the file.',
      cause,
    );
  }
  if (typeof config === 'object' && config !== null) return config as Readonly<Record<string, unknown>>;
  throw dataError('data.bad-yaml', `'${path}' holds no keys.`, 'It needs at least names: and val:.');
}

/** Class names as a list or as a map from index to name without gaps. */
function readNames(path: string, names: unknown): readonly string[] {
  const values = typeof names === 'object' && names !== null ? Object.entries(names) : [];
  if (values.length > 0 && values.every(([key], i) => Number(key) === i)) {
    return values.map(([, name]) => String(name));
  }
  throw dataError(
    'data.bad-yaml',
    `'${path}' has no usable 'names:'.`,
    'List the class names, or map 0, 1, 2, … to them without gaps.',
  );
}

/** The pictures of a folder, or of a text file with one path per line, relative to that file. */
async function listPictures(path: string): Promise<readonly string[]> {
  if ((await statData(path)).isFolder) return (await listImages(path)).map((name) => join(path, name));
  if (isImageName(path)) return [path];
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => (isAbsolute(line) ? line : resolve(dirname(path), line.trim())));
}

/** `…/images/a/b.jpg` -> `…/labels/a/b.txt`: the last folder called images counts; without one the text lies beside the picture. */
function labelPath(file: string): string {
  const parts = file.slice(0, file.length - extname(file).length).split(sep);
  const at = parts.lastIndexOf('images', parts.length - 2);
  if (at >= 0) parts[at] = 'labels';
  return `${parts.join(sep)}.txt`;
}

async function readLabels(path: string, image: Image, classCount: number): Promise<Target> {
  const { width, height } = image;
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw dataError(
      'data.missing',
      `The labels '${path}' cannot be read.`,
      'Check the labels folder.',
      cause,
    );
  });
  const boxes: TargetBox[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const where = `'${path}', line ${i + 1}`;
    const [classIndex, ...numbers] = line.trim().split(/\s+/).map(Number);
    const { x1, y1, x2, y2 } = readBox(numbers, where);
    checkLabel(classIndex!, classCount, where);
    boxes.push({ classIndex: classIndex!, x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height });
  }
  return { kind: 'boxes', boxes, width, height };
}

/** Four numbers are centre and size, six or more the corners of a polygon; all are fractions, with some room for rounding. */
function readBox(numbers: readonly number[], where: string): Omit<TargetBox, 'classIndex' | 'crowd'> {
  const isBox = numbers.length === 4;
  const isPolygon = numbers.length >= 6 && numbers.length % 2 === 0;
  if (!(isBox || isPolygon) || !numbers.every((n) => n >= -0.01 && n <= 1.01)) {
    throw dataError(
      'data.bad-label',
      `${where} is no box: [${numbers.join(', ')}] after the class.`,
      'A line is: class, centre x, centre y, width, height, as fractions of the picture between 0 and 1.',
    );
  }
  if (isBox) {
    const [x, y, width, height] = numbers as [number, number, number, number];
    return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 };
  }
  const xs = numbers.filter((_, i) => i % 2 === 0);
  const ys = numbers.filter((_, i) => i % 2 === 1);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}
