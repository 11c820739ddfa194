// A command that prints milliseconds as a device: any runtime and any board that a shell line can reach.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import {
  type DeviceDescription,
  describeDevice,
  EspalierError,
  type ModelTimes,
  refuseNoModels,
  refuseWhenAborted,
} from '@espalier/core';
import type { Device, DeviceEvent, DeviceModel, DeviceTimingOptions } from './device.ts';
import { parseMilliseconds } from './parse-milliseconds.ts';
import { lastLines, runShellLine } from './run-shell-line.ts';

/** What to run and how to read it. */
export interface CommandDeviceOptions {
  /** A shell line in which every `{model}` stands for the path of an ONNX file on this machine. */
  readonly command: string;
  /** A regular expression whose group holds the milliseconds; default: see {@link parseMilliseconds}. */
  readonly pattern?: string;
  /** Seconds one call may take, default 600. */
  readonly timeoutSeconds?: number;
  /** What reports call it, default the first words of the command. */
  readonly name?: string;
}

/**
 * Makes a device of a command. A round calls it once per model, so times are what the command itself prints, and its first call is left out. The
 * command is its fingerprint. Throws `device.no-placeholder` without `{model}` and `device.bad-pattern`; timing throws
 * `device.command-failed`, `device.command-timeout` and `device.no-milliseconds`.
 */
export function createCommandDevice({
  command,
  pattern,
  timeoutSeconds = 600,
  name = shortName(command),
}: CommandDeviceOptions): Device {
  if (!command.includes('{model}')) {
    throw new EspalierError({
      kind: 'usage',
      code: 'device.no-placeholder',
      message: `The command '${command}' does not say where the model goes.`,
      hint: "Write {model} where the path of the ONNX file belongs, as in 'trtexec --onnx={model}'.",
    });
  }
  const expression = pattern === undefined ? undefined : readPattern(pattern);
  const description = describeDevice({
    name,
    runtime: 'command',
    provider: command,
    processor: '',
    os: '',
  });
  return {
    description,
    startsAnew: true,
    time: (models, options = {}) =>
      timeCommand(description, command, expression, timeoutSeconds, models, options),
    close: async () => {},
  };
}

async function* timeCommand(
  device: DeviceDescription,
  command: string,
  pattern: RegExp | undefined,
  seconds: number,
  models: readonly DeviceModel[],
  { warmup = 1, minRounds = 10, minSeconds = 3, signal }: DeviceTimingOptions,
): AsyncGenerator<DeviceEvent, void, undefined> {
  refuseNoModels(models);
  const folder = await mkdtemp(join(tmpdir(), 'espalier-command-'));
  try {
    const lines: string[] = [];
    for (const [i, { bytes }] of models.entries()) {
      const path = join(folder, `model-${i}.onnx`);
      await writeFile(path, bytes);
      lines.push(command.replaceAll('{model}', () => quoteWhereNeeded(path)));
    }
    const call = async (index: number): Promise<number> => {
      refuseWhenAborted(signal);
      const line = lines[index]!;
      const output = await runShellLine(line, { seconds, ...(signal && { signal }) });
      const ms = parseMilliseconds(output.stdout, pattern) ?? parseMilliseconds(output.stderr, pattern);
      if (ms !== undefined) return ms;
      throw noMilliseconds(line, pattern, lastLines(output));
    };
    for (let round = 0; round < Math.min(warmup, 1); round++) {
      for (const index of models.keys()) await call(index);
    }
    const times = models.map(({ name }) => ({ name, rounds: [] as (readonly number[])[] }));
    const start = performance.now();
    for (let [round, fraction] = [0, 0]; fraction < 1; ) {
      // Each round starts with the next model, so that none always comes first.
      for (const turn of models.keys()) {
        const index = (round + turn) % models.length;
        times[index]!.rounds.push([await call(index)]);
      }
      round++;
      const spent = (performance.now() - start) / 1000 / models.length;
      fraction = Math.min(round / minRounds, minSeconds > 0 ? spent / minSeconds : 1, 1);
      yield { type: 'progress', rounds: round, fraction };
    }
    yield { type: 'timed', device, times: times satisfies readonly ModelTimes[], warnings: [] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readPattern(pattern: string): RegExp {
  const refuse = (message: string, cause?: unknown): never => {
    throw new EspalierError({
      kind: 'usage',
      code: 'device.bad-pattern',
      message,
      hint: "Write a regular expression with the number in round brackets, as in 'median = ([0-9.]+) ms'.",
      cause,
    });
  };
  let expression: RegExp;
  let groups: number;
  try {
    expression = new RegExp(pattern, 'm');
    // An alternative that is always met tells how many groups there are.
    groups = new RegExp(`${pattern}|`).exec('')!.length - 1;
  } catch (cause) {
    return refuse(`The pattern '${pattern}' is no regular expression: ${(cause as Error).message}`, cause);
  }
  return groups === 1 ? expression : refuse(`The pattern '${pattern}' has ${groups} groups instead of one.`);
}

function noMilliseconds(line: string, pattern: RegExp | undefined, said: string): EspalierError {
  const looked =
    pattern === undefined ? 'a number followed by ms, or a number alone on a line' : `/${pattern.source}/`;
  return new EspalierError({
    kind: 'engine',
    code: 'device.no-milliseconds',
    message: `The command '${line}' printed ${said === '' ? 'nothing' : `no ${looked}; it ended with: ${said}`}${said === '' ? '.' : ''}`,
    hint: 'Say where the milliseconds are with --bench-pattern, a regular expression with one group.',
  });
}

/** Temporary folders of most systems need no quotes, and quotes could meet those of the user. */
function quoteWhereNeeded(path: string): string {
  if (/^[\w./:\\~-]+$/.test(path)) return path;
  return process.platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** The words before the one that holds the model, at most four. */
function shortName(command: string): string {
  const words = command.trim().split(/\s+/);
  const end = words.findIndex((word) => word.includes('{model}'));
  return words
    .slice(0, Math.min(Math.max(end, 1), 4))
    .join(' ')
    .replaceAll(/['"]/g, '');
}
