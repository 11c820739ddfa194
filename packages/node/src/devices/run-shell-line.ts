// A shell line of the user's, run to its end, to its time limit or to an interruption, with everything it started.
import { spawn } from 'node:child_process';
import { EspalierError, interruptedError } from '@espalier/core';

/** Bounds of a run. */
export interface ShellLimits {
  /** Seconds it may take. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

/** What it printed. */
export interface ShellOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Of more output than this, bytes per stream, only the end is kept. */
const KEPT_BYTES = 2 ** 20;

/**
 * Runs a line in the system's shell. Throws `device.command-failed` with the exit code and the last lines it printed, `device.command-timeout`, and
 * `interrupted`; whatever the line started is stopped then.
 */
export function runShellLine(line: string, { seconds, signal }: ShellLimits): Promise<ShellOutput> {
  return new Promise((resolve, reject) => {
    // In a group of its own, so that the shell's children can be stopped with it.
    const child = spawn(line, {
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = [keepEnd(child.stdout), keepEnd(child.stderr)];
    let end: EspalierError | undefined;
    const stop = (error: EspalierError): void => {
      end ??= error;
      stopGroup(child.pid);
      // What escaped its group may hold the streams open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => stop(tooLong(line, seconds)), seconds * 1000);
    const interrupt = (): void => stop(interruptedError(signal?.reason));
    signal?.addEventListener('abort', interrupt, { once: true });
    if (signal?.aborted) interrupt();
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
    };
    child.on('error', (cause) => {
      settle();
      reject(end ?? failed(line, 'cannot be started', cause.message, cause));
    });
    child.on('close', (code, killedBy) => {
      settle();
      const output = { stdout: stdout(), stderr: stderr() };
      if (end) reject(end);
      else if (code === 0) resolve(output);
      else {
        const how = code === null ? `was ended by ${killedBy}` : `ended with exit code ${code}`;
        reject(failed(line, how, lastLines(output)));
      }
    });
  });
}

/** The last lines of an output, of stderr where it has any: what a message can quote. */
export function lastLines({ stdout, stderr }: ShellOutput): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  return text.trim().split(/\r?\n/).slice(-3).join(' / ').slice(-300);
}

function keepEnd(stream: NodeJS.ReadableStream): () => string {
  let kept = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-KEPT_BYTES);
  });
  return () => kept;
}

function stopGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' }).on('error', () => {});
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function failed(line: string, how: string, said: string, cause?: unknown): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'device.command-failed',
    message: `The command '${line}' ${how}${said === '' ? ' and printed nothing.' : `: ${said}`}`,
    hint: 'Run it by itself first, with the path of a model in place of {model}.',
    cause,
  });
}

function tooLong(line: string, seconds: number): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'device.command-timeout',
    message: `The command '${line}' was stopped: it took longer than ${seconds} s.`,
    hint: 'Let it measure for a shorter time, or allow it more with --bench-timeout.',
  });
}
