// What a browser tells of itself and of the device it runs on.
import type { HostFacts } from '@espalier/core';

/** What is looked at; a test says it as it likes. */
export interface BrowserView {
  readonly userAgent: string;
  readonly hardwareConcurrency?: number;
  readonly maxTouchPoints?: number;
  /** Where the browser has client hints. */
  readonly hints?: {
    readonly platform: string;
    readonly platformVersion?: string;
    readonly model?: string;
    readonly architecture?: string;
  };
  /** Whether the page may share memory between threads. */
  readonly isolated: boolean;
  /** Vendor and architecture of the graphics adapter, where WebGPU has one. */
  readonly adapter?: string;
}

/** A browser with its major version, as its user agent names it; of several names the one that the others do not pretend to be. */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /Edg(?:e|A|iOS)?\/(\d+)/],
  ['Samsung Internet', /SamsungBrowser\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari/],
];

/** The facts of a browser; `runtime` is ONNX Runtime with its version. */
export function describeBrowser(view: BrowserView, runtime: string): HostFacts {
  const { hardwareConcurrency: cores, hints, isolated, adapter } = view;
  const [browser, version] = findBrowser(view.userAgent);
  const system = findSystem(view);
  const model = hints?.model ?? '';
  const detail = [hints?.platformVersion ?? '', hints?.architecture ?? ''].filter((part) => part !== '');
  // As ONNX Runtime chooses by itself: half of the cores, at most four.
  const defaultThreads = isolated ? Math.min(4, Math.ceil((cores ?? 1) / 2)) : 1;
  return {
    kind: 'browser',
    name: `${browser} on ${model === '' ? system : model}`,
    runtime,
    providers: ['wasm', ...(adapter === undefined ? [] : ['webgpu'])],
    processor: model,
    ...(adapter !== undefined && { adapter }),
    ...(cores !== undefined && { cores }),
    os: [system, ...detail].join(' '),
    browser: version === '' ? browser : `${browser} ${version}`,
    defaultThreads,
    maxThreads: isolated ? Math.max(cores ?? 1, 1) : 1,
  };
}

/** Whether it is a phone or tablet: its system puts pages to sleep that are not in front. */
export function isHandheld({ userAgent, maxTouchPoints = 0 }: BrowserView): boolean {
  return /Android|iPhone|iPad|Mobile/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);
}

function findBrowser(userAgent: string): readonly [name: string, version: string] {
  for (const [name, pattern] of BROWSERS) {
    const match = pattern.exec(userAgent);
    if (match) return [name, match[1] ?? ''];
  }
  return ['Browser', ''];
}

function findSystem({ userAgent, maxTouchPoints = 0, hints }: BrowserView): string {
  const android = /Android (\d+)/.exec(userAgent);
  if (hints) return hints.platform;
  if (android) return `Android ${android[1]}`;
  const apple = /(?:iPhone|CPU) OS (\d+)/.exec(userAgent);
  if (/iPhone/.test(userAgent)) return `iPhone${apple ? ` iOS ${apple[1]}` : ''}`;
  // iPads say that they are Macs.
  if (/iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 'iPad';
  if (/Macintosh/.test(userAgent)) return 'macOS';
  if (/Windows/.test(userAgent)) return 'Windows';
  if (/CrOS/.test(userAgent)) return 'ChromeOS';
  return /Linux/.test(userAgent) ? 'Linux' : 'unknown system';
}
