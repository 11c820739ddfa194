// Runs the built command line as a user does, in a folder of its own.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom, encodeModel, GraphBuilder, type Model } from '@espalier/core';
import { expect } from 'vitest';
import { type ErrorDocument, errorDocument } from '../../packages/cli/src/documents/error-document.ts';

const script = fileURLToPath(new URL('../../packages/cli/bin/espalier.js', import.meta.url));

/** What a command answered. */
export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run beside its arguments. */
export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with all of stderr so far whenever there is more, and a function that sends Ctrl-C. */
  readonly onError?: (stderr: string, interrupt: () => void) => void;
}

/** A folder of its own, and the command line in it. */
export interface Workplace {
  readonly folder: string;
  run(args: readonly string[], options?: RunOptions): Promise<Answer>;
  /** Runs a command that must fail and returns its error document. */
  fail(args: readonly string[]): Promise<ErrorDocument>;
  /** Starts a command and kills it without mercy as soon as `isTime`, which is given all of stderr so far. Fails where it ended before. */
  kill(args: readonly string[], isTime: (stderr: string) => boolean | Promise<boolean>): Promise<void>;
  /** Writes a file and returns its name. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  close(): Promise<void>;
}

/** Makes a workplace. Close it. */
export async function openWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-e2e-'));
  return {
    folder,
    run: (args, options) => runIn(folder, args, options),
    fail: (args) => failIn(folder, args),
    kill: (args, isTime) => killIn(folder, args, isTime),
    write: async (name, content) => {
      await writeFile(join(folder, name), content);
      return name;
    },
    close: () => rm(folder, { recursive: true }),
  };
}

function startIn(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const { PATH = '', HOME = '' } = process.env;
  // A clean environment: neither colours nor options of whoever runs the tests.
  return spawn(process.execPath, [script, ...args], { cwd: folder, env: { PATH, HOME, ...environment } });
}

async function failIn(folder: string, args: readonly string[]): Promise<ErrorDocument> {
  const { code, stdout } = await runIn(folder, [...args, '--json', '--quiet']);
  const error = errorDocument.parse(JSON.parse(stdout));
  expect(code).toBe(error.exitCode);
  return error;
}

async function killIn(
  folder: string,
  args: readonly string[],
  isTime: (stderr: string) => boolean | Promise<boolean>,
): Promise<void> {
  const child = startIn(folder, args);
  let stderr = '';
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_, signal) => resolve(signal));
  });
  while (child.exitCode === null && !(await isTime(stderr))) await new Promise((r) => setTimeout(r, 2));
  child.kill('SIGKILL');
  if ((await closed) !== 'SIGKILL') throw new Error(`It ended before it was to be killed: ${stderr}`);
}

function runIn(
  folder: string,
  args: readonly string[],
  { environment = {}, onError }: RunOptions = {},
): Promise<Answer> {
  const child = startIn(folder, args, environment);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onError?.(stderr, () => child.kill('SIGINT'));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A small classifier of 3x8x8 images: three convolutions, a residual sum, five classes. */
export function smallClassifier(): Model {
  const random = createRandom(11);
  const g = new GraphBuilder();
  const weight = (...dims: number[]): string => {
    const count = dims.reduce((a, b) => a * b, 1);
    return g.constant({ dims, data: Float32Array.from({ length: count }, () => random.normal() / 4) });
  };
  const same = { pads: [1, 1, 1, 1] };
  const x = g.input('x', [1, 3, 8, 8]);
  const stem = g.node('Relu', [g.node('Conv', [x, weight(16, 3, 3, 3)], same, 'stem')]);
  const inner = g.node('Relu', [g.node('Conv', [stem, weight(12, 16, 3, 3)], same, 'inner')]);
  const sum = g.node('Add', [stem, g.node('Conv', [inner, weight(16, 12, 3, 3)], same, 'back')]);
  const pooled = g.node('Flatten', [g.node('GlobalAveragePool', [sum])]);
  g.output(g.node('Gemm', [pooled, weight(16, 5), weight(5)], {}, 'logits'), [1, 5]);
  return g.model();
}

/** Its file. */
export function smallClassifierBytes(): Uint8Array {
  return encodeModel(smallClassifier());
}
