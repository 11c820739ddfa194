// Finds out what this browser is: user agent, client hints, threads, graphics adapter.
import type { OrtWebModule } from '../engine/web-engine.ts';
import type { BrowserView } from './describe-browser.ts';

/** Client hints and WebGPU, which not every browser has, as far as they are asked. */
interface ModernNavigator {
  readonly userAgentData?: {
    readonly platform: string;
    getHighEntropyValues(names: readonly string[]): Promise<Readonly<Record<string, string>>>;
  };
  readonly gpu?: {
    requestAdapter(): Promise<{
      /** Older browsers have adapters that tell nothing. */
      readonly info?: Readonly<Record<'vendor' | 'architecture' | 'description', string>>;
    } | null>;
  };
}

/** What this browser tells. Nothing throws: what cannot be found out is absent. */
export async function lookAround(): Promise<BrowserView> {
  const hints = await readHints();
  const adapter = await findAdapter();
  return {
    userAgent: navigator.userAgent,
    hardwareConcurrency: navigator.hardwareConcurrency,
    maxTouchPoints: navigator.maxTouchPoints,
    isolated: self.crossOriginIsolated,
    ...(hints && { hints }),
    ...(adapter !== undefined && { adapter }),
  };
}

/** ONNX Runtime's name with the version that the server offers. */
export async function nameRuntime(): Promise<string> {
  const { env }: OrtWebModule = await import(/* @vite-ignore */ `${location.origin}/ort/ort.wasm.min.mjs`);
  return `onnxruntime-web ${env.versions.web ?? env.versions.common}`;
}

async function readHints(): Promise<BrowserView['hints']> {
  const data = (navigator as ModernNavigator).userAgentData;
  if (!data) return undefined;
  const values = await data
    .getHighEntropyValues(['model', 'platformVersion', 'architecture'])
    .catch(() => ({}));
  return { ...values, platform: data.platform || 'unknown system' };
}

async function findAdapter(): Promise<string | undefined> {
  const adapter = await (navigator as ModernNavigator).gpu?.requestAdapter().catch(() => null);
  if (!adapter) return undefined;
  const { vendor = '', architecture = '', description = '' } = adapter.info ?? {};
  return description || [vendor, architecture].filter((part) => part !== '').join(' ') || 'unnamed adapter';
}
