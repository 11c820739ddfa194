// A browser that is installed here, for tests of pages.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = [
  process.env.CHROME_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Where a Chromium or Chrome lies; undefined where there is none. */
export const chromiumPath: string | undefined = CANDIDATES.find((path) => path !== '' && existsSync(path));

/** Why tests of pages are skipped here; undefined where they run. */
export const noBrowser: string | undefined =
  chromiumPath === undefined
    ? 'no Chromium or Chrome is installed; CHROME_PATH can say where one is'
    : undefined;

/** Starts it without a window. WebGPU computes on the processor then, slowly, so that pages can be tested anywhere. */
export function openBrowser(): Promise<Browser> {
  const webgpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
  // Containers often run as root, where the sandbox cannot be had; the only page is our own.
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', ...webgpu] });
}
