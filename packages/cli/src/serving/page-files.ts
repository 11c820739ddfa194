// The files of the device page: the built page of @espalier/studio, and the part of onnxruntime-web that it loads.
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { EspalierError } from '@espalier/core';
import type { OpenFile } from '@espalier/node';

/** The runtime on the processor, and the one on the graphics adapter, each with its WebAssembly. */
const RUNTIME_FILES = [
  'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
  'ort.webgpu.min.mjs',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
] as const;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** The files by URL path. Throws `device.no-page` where the page was not built. */
export async function findPageFiles(): Promise<ReadonlyMap<string, OpenFile>> {
  const resolve = createRequire(import.meta.url).resolve;
  const page = join(dirname(resolve('@espalier/studio/package.json')), 'dist', 'page');
  const runtime = dirname(resolve('onnxruntime-web'));
  const entries = await readdir(page, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new EspalierError({
      kind: 'io',
      code: 'device.no-page',
      message: `The device page is not in ${page}.`,
      hint: 'In a checkout, build it with npm run build; else install espalier again.',
      cause,
    });
  });
  const files = new Map<string, OpenFile>();
  const offer = (url: string, path: string): void => {
    files.set(url, { path, type: MEDIA_TYPES[extname(path)] ?? 'application/octet-stream' });
  };
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    offer(path.slice(page.length).replaceAll('\\', '/'), path);
  }
  offer('/', join(page, 'index.html'));
  for (const name of RUNTIME_FILES) offer(`/ort/${name}`, join(runtime, name));
  return files;
}
