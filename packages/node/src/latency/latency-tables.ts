// Tables of latency as files: one per device, written whole, read back only if they are what they say.
import { type DeviceDescription, EspalierError, type LatencyTable } from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';
import { readTextFile } from '../pipeline/read-text-file.ts';
import { cacheFile } from '../training/cache-file.ts';

/** A table and whose it is. */
export interface LatencyTableFile {
  readonly schema: typeof SCHEMA;
  readonly device: DeviceDescription;
  readonly table: LatencyTable;
}

const SCHEMA = 'espalier/latency-table@1';

/** Where this machine keeps the table of a device, unless told otherwise; undefined where it has no cache folder. */
export async function defaultTablePath({ fingerprint }: DeviceDescription): Promise<string | undefined> {
  return cacheFile(`latency-${fingerprint}.json`);
}

/**
 * The table at `path`; undefined where there is none yet. Errors, kind usage: `latency.bad-table` for a file that is no table, `latency.other-device`
 * for that of another device: times of two devices are never mixed. Kind io: `io.read-failed`.
 */
export async function readLatencyTable(
  path: string,
  device: DeviceDescription,
): Promise<LatencyTable | undefined> {
  const text = await readTextFile(path).catch((error: EspalierError) => {
    if ((error.cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const file = parse(text);
  if (!file) {
    throw new EspalierError({
      kind: 'usage',
      code: 'latency.bad-table',
      message: `The file ${path} is no latency table of this version.`,
      hint: 'Remove it: it is measured again.',
    });
  }
  if (file.device.fingerprint === device.fingerprint) return file.table;
  throw new EspalierError({
    kind: 'usage',
    code: 'latency.other-device',
    message: `The table ${path} is of another device: ${file.device.name}, ${file.device.runtime} on ${file.device.processor}.`,
    hint: 'Name a file of its own for each device, engine and number of threads.',
  });
}

/** Writes a table. */
export async function writeLatencyTable(
  path: string,
  device: DeviceDescription,
  table: LatencyTable,
): Promise<void> {
  const file: LatencyTableFile = { schema: SCHEMA, device, table };
  await writeFileAtomic(path, `${JSON.stringify(file)}\n`, { force: true });
}

function parse(text: string): LatencyTableFile | undefined {
  try {
    const file = JSON.parse(text) as LatencyTableFile;
    const { inputs, outputs } = file.table.stairs;
    const samples = Object.values(file.table.units).flat();
    const sizes = [
      ...[inputs, outputs].flatMap(({ step, unit, penalty }) => [step, unit, penalty]),
      ...samples.flatMap((sample) => [sample.inputs, sample.outputs, sample.ms]),
    ];
    const isSound = sizes.every((size) => typeof size === 'number' && size > 0);
    return isSound && file.schema === SCHEMA && file.device.fingerprint ? file : undefined;
  } catch {
    return undefined;
  }
}
