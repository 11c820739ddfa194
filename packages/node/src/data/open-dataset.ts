// The one door to all readers: recognises a format by what lies at the path, unless it is told.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASET_KINDS, type Dataset, type DatasetKind } from '@espalier/core';
import { openArrays } from './arrays.ts';
import { CIFAR10_RECORD_BYTES, openCifar10 } from './cifar10.ts';
import { openCoco } from './coco-json.ts';
import { openCsv } from './csv-list.ts';
import { dataError, statData } from './data-error.ts';
import { isImageName } from './decode-image.ts';
import { openImageFolder } from './image-folder.ts';
import { openRecords, type RecordShape } from './records.ts';
import { openYolo } from './yolo-dataset.ts';

/** What may be told about a data set; each reader takes what concerns it. */
export interface DatasetOptions {
  /** Default: recognised, see `recogniseDataset`. */
  readonly format?: DatasetKind;
  /** Shape of the images in a record file. */
  readonly shape?: RecordShape;
  /** Which part of a set that has parts (YOLO, image folders). */
  readonly split?: string;
  /** Names by class index, where the format does not know them (records, arrays, CSV). */
  readonly classNames?: readonly string[];
  /** Folder of the pictures of a COCO JSON file. */
  readonly images?: string;
  /** .npy file of labels beside an .npy file of inputs. */
  readonly labels?: string;
}

/** A format, the file or folder its reader takes, and the sentence that says how it was recognised. */
export interface Recognised {
  readonly kind: DatasetKind;
  readonly path: string;
  readonly because: string;
}

/** Every reader, by the format it reads. */
const READERS: Readonly<Record<DatasetKind, (path: string, options: DatasetOptions) => Promise<Dataset>>> = {
  images: openImageFolder,
  cifar10: openCifar10,
  records: (path, { shape, classNames }) =>
    openRecords(path, { ...(shape ? { shape } : {}), ...(classNames ? { classNames } : {}) }),
  yolo: openYolo,
  coco: openCoco,
  arrays: openArrays,
  csv: openCsv,
};

const YOLO_FILES = ['dataset.yaml', 'data.yaml', 'dataset.yml', 'data.yml'];

/**
 * Opens a data set of any format. Errors, kind `data`: `data.missing`, `data.unknown-format`, and those of the reader. The
 * description of the result ends with how the format was recognised.
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  if (options.format) return READERS[options.format](path, options);
  const recognised = await recogniseDataset(path, options);
  const dataset = await READERS[recognised.kind](recognised.path, options);
  return { ...dataset, name: path, description: `${dataset.description} (${recognised.because})` };
}

/**
 * Tells a format: `.yaml` is YOLO, `.json` COCO, `.csv` a list, `.npy`/`.npz` arrays; `.bin` and `.bin.gz` are CIFAR-10 when the
 * file consists of 3073-byte records and no shape is stated, records otherwise; a folder is YOLO when it holds dataset.yaml or
 * data.yaml, else images.
 */
export async function recogniseDataset(path: string, options: DatasetOptions = {}): Promise<Recognised> {
  const { size, isFolder } = await statData(path);
  if (isFolder) return recogniseFolder(path);
  const name = path.toLowerCase();
  if (/\.ya?ml$/.test(name)) return { kind: 'yolo', path, because: 'a YAML file' };
  if (name.endsWith('.json')) return { kind: 'coco', path, because: 'a JSON file' };
  if (name.endsWith('.csv')) return { kind: 'csv', path, because: 'a CSV file' };
  if (/\.np[yz]$/.test(name)) return { kind: 'arrays', path, because: 'a NumPy file' };
  if (name.endsWith('.bin') && !options.shape && size > 0 && size % CIFAR10_RECORD_BYTES === 0) {
    return { kind: 'cifar10', path, because: `its size is a multiple of ${CIFAR10_RECORD_BYTES} bytes` };
  }
  if (/\.bin(\.gz)?$/.test(name)) return { kind: 'records', path, because: 'a binary file' };
  throw unknownFormat(path, 'its name ends like no known format');
}

async function recogniseFolder(path: string): Promise<Recognised> {
  const names = await readdir(path);
  const yaml = YOLO_FILES.find((name) => names.includes(name));
  if (yaml) return { kind: 'yolo', path: join(path, yaml), because: `a folder with ${yaml}` };
  if (names.includes('images') && names.includes('labels')) {
    throw unknownFormat(path, `it is laid out as a YOLO set, but has none of ${YOLO_FILES.join(', ')}`);
  }
  const data = names.filter((name) => /\.(bin|bin\.gz|np[yz]|csv|json)$/i.test(name)).sort();
  if (data.length > 0 && !names.some(isImageName)) {
    throw unknownFormat(path, `it is a folder of data files, choose one of them: ${data.join(', ')}`);
  }
  return { kind: 'images', path, because: 'a folder' };
}

function unknownFormat(path: string, why: string) {
  return dataError(
    'data.unknown-format',
    `The format of '${path}' cannot be told: ${why}.`,
    `State it: --format ${DATASET_KINDS.join('|')}.`,
  );
}
