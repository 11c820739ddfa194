// What a device is, as far as times depend on it: the runtime, where it runs, and on what. Times of two devices are never mixed,
// and the fingerprint is what tells devices apart.

/** What decides how long a model takes, told by the device itself. */
export interface DeviceFacts {
  /** What people call it: `this machine`, `Chrome on Android`, `ssh board trtexec`. Does not count for the fingerprint. */
  readonly name: string;
  /** What runs the models, with its version: `onnxruntime-node 1.30.0`, `command`. */
  readonly runtime: string;
  /** Execution provider: `cpu`, `wasm`, `webgpu`, …; of a command the command itself. */
  readonly provider: string;
  /** Threads inside the runtime; absent when it chooses. */
  readonly threads?: number;
  /** Model of the processor or graphics adapter; empty where nothing tells. */
  readonly processor: string;
  /** Logical cores; absent where nothing tells. */
  readonly cores?: number;
  /** Operating system and architecture: `linux-x64`, `Android 15`. */
  readonly os: string;
  /** Browser with its major version, where it is one: `Chrome 149`. */
  readonly browser?: string;
}

/** What the machine that runs espalier calls itself. */
export const LOCAL_NAME = 'this machine';

/** A device with its fingerprint. */
export interface DeviceDescription extends DeviceFacts {
  /** 16 hex digits, equal for devices that differ in nothing but their name. */
  readonly fingerprint: string;
}

/** Adds the fingerprint. */
export function describeDevice(facts: DeviceFacts): DeviceDescription {
  const { runtime, provider, threads, processor, cores, os, browser } = facts;
  const telling = [runtime, provider, threads, processor, cores, os, browser].map((fact) => fact ?? null);
  return { ...facts, fingerprint: hashText(JSON.stringify(telling)) };
}

/** FNV-1a of 64 bits over the UTF-16 units of a text, in hex. */
function hashText(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
