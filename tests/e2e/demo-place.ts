// A workplace with the demo's classifier and pictures for it, as several end-to-end tests start from.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawPictures, packRecords, SPLITS } from '../../examples/demo/dataset.mjs';
import { openWorkplace, type Workplace } from './run-cli.ts';

/** Path of the classifier. */
export const classifier = fileURLToPath(new URL('../../examples/demo/inspection.onnx', import.meta.url));
const pictures = packRecords(drawPictures({ ...SPLITS.train, count: 120 }));

/** Holds `net.onnx`, and 120 labelled pictures 3x64x64 as records in `data.bin`. Close it. */
export async function openDemoPlace(): Promise<Workplace> {
  const place = await openWorkplace();
  await place.write('net.onnx', await readFile(classifier));
  await place.write('data.bin', pictures);
  return place;
}
