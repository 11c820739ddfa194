// The members of a ZIP archive held in memory, stored or deflated: as much as .npz files need.
import { crc32, inflateRawSync } from 'node:zlib';
import { dataError } from './data-error.ts';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const COMMENT_BYTES = 0xffff;

/** One member, not yet unpacked. */
interface ZipEntry {
  readonly method: number;
  readonly crc: number;
  readonly packed: Uint8Array;
  readonly size: number;
}

/** An archive's members by name; `unpack` checks length and checksum. */
export interface ZipArchive {
  readonly names: readonly string[];
  unpack(name: string): Uint8Array;
}

/**
 * Opens an archive; `path` is its name for messages. Errors, kind `data`: `data.corrupt-archive`, `data.unsupported-archive`
 * (other compression, encryption, ZIP64 sizes above 4 GB).
 */
export function openZip(bytes: Uint8Array, path: string): ZipArchive {
  const entries = readDirectory(bytes, path);
  return {
    names: [...entries.keys()],
    unpack(name) {
      const entry = entries.get(name);
      if (!entry) throw corrupt(path, `it has no member '${name}'`);
      const unpacked = entry.method === 0 ? entry.packed : inflate(entry, path, name);
      if (unpacked.length !== entry.size || crc32(unpacked) !== entry.crc) {
        throw corrupt(path, `the checksum of '${name}' is wrong`);
      }
      return unpacked;
    },
  };
}

function readDirectory(bytes: Uint8Array, path: string): ReadonlyMap<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view, path);
  const entries = new Map<string, ZipEntry>();
  let at = view.getUint32(end + 16, true);
  try {
    for (let left = view.getUint16(end + 10, true); left > 0; left--) {
      if (view.getUint32(at, true) !== ENTRY_SIGNATURE) throw corrupt(path, 'its directory is damaged');
      const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
      const [packedSize, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
      const nameLength = view.getUint16(at + 28, true);
      const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
      const header = view.getUint32(at + 42, true);
      if (flags & 1 || (method !== 0 && method !== 8) || packedSize === 0xffffffff || header === 0xffffffff) {
        throw dataError(
          'data.unsupported-archive',
          `The member '${name}' of '${path}' is encrypted, larger than 4 GB, or compressed by method ${method}.`,
          'Save it with numpy.savez or numpy.savez_compressed, large arrays as .npy.',
        );
      }
      // The local header repeats name and extra field, with lengths of its own.
      const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
      if (start + packedSize > bytes.length) throw corrupt(path, `'${name}' goes beyond its end`);
      entries.set(name, {
        method,
        crc: view.getUint32(at + 16, true),
        packed: bytes.subarray(start, start + packedSize),
        size,
      });
      at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt(path, 'its directory is damaged', cause);
    throw cause;
  }
  return entries;
}

/** The end record is the last thing in the file, except for a comment. */
function findEnd(view: DataView, path: string): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - COMMENT_BYTES); at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  throw corrupt(path, 'it has no directory, as if it were cut off');
}

function inflate(entry: ZipEntry, path: string, name: string): Uint8Array {
  try {
    // The stated size bounds what a hostile archive can make us allocate.
    return inflateRawSync(entry.packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch (cause) {
    throw corrupt(path, `'${name}' cannot be unpacked: ${(cause as Error).message}`, cause);
  }
}

function corrupt(path: string, what: string, cause?: unknown) {
  return dataError(
    'data.corrupt-archive',
    `'${path}' is damaged: ${what}.`,
    'Copy or save the file again.',
    cause,
  );
}
