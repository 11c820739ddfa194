// Picture files to raw 8-bit pixels, by sharp (loaded on first use).
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { EspalierError, type Image } from '@espalier/core';
import type sharpFunction from 'sharp';
import { dataError } from './data-error.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);

/** True for file names that end like a picture this package decodes. */
export function isImageName(name: string): boolean {
  return EXTENSIONS.has(extname(name).toLowerCase());
}

/**
 * Decodes a picture at its full size, turned upright, as three sRGB channels: grey files too (three equal ones), since folders
 * mix both. Transparency is dropped, deeper values are brought to 8 bits. Errors: `data.missing`, `data.corrupt-image` (names the file);
 * `engine.no-decoder` when sharp is not installed.
 */
export async function decodeImage(path: string): Promise<Image> {
  const sharp = await loadSharp();
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw dataError(
      'data.missing',
      `The image '${path}' cannot be opened.`,
      'Check the list or the labels.',
      cause,
    );
  });
  try {
    // 'error' refuses truncated pictures but not those with harmless oddities in their metadata.
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, order: 'hwc', data };
  } catch (cause) {
    throw dataError(
      'data.corrupt-image',
      `The image '${path}' cannot be decoded: ${(cause as Error).message}.`,
      'Replace or remove the file, or allow some corrupt images to be skipped.',
      cause,
    );
  }
}

async function loadSharp(): Promise<typeof sharpFunction> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new EspalierError({
      kind: 'engine',
      code: 'engine.no-decoder',
      message: 'Picture files need the package sharp, which cannot be loaded.',
      hint: 'Install it: npm install sharp.',
      cause,
    });
  }
}
