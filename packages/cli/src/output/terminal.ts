// The two streams of a command: the result goes to stdout, everything else to stderr.
import { choosePaint, type Paint } from './paint.ts';

/** The part of a stream the terminal uses; `process.stdout` and `process.stderr` are two. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Where a command talks. */
export interface Terminal {
  /** How text for stdout is coloured. */
  readonly paint: Paint;
  /** Lines of the result, to stdout. */
  print(lines: readonly string[]): void;
  /** What happens, to stderr; nothing when quiet. */
  log(line: string): void;
  /** What the user should know even when quiet, to stderr. */
  warn(line: string): void;
  /**
   * How far the work is, to stderr: one live line on a terminal, elsewhere a plain line per `label` and every ten seconds. `fraction` 0 to 1
   * where known; `detail` is what changes all the time.
   */
  progress(label: string, fraction?: number, detail?: string): void;
  /** Removes the live line. */
  settle(): void;
}

/** What a terminal is made of. */
export interface TerminalParts {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly quiet: boolean;
  /** Milliseconds of a clock that only moves forward. */
  readonly now: () => number;
}

const LIVE_EVERY_MS = 80;
const PLAIN_EVERY_MS = 10_000;

/** Makes a terminal of two streams. */
export function createTerminal({ stdout, stderr, environment, quiet, now }: TerminalParts): Terminal {
  const live = stderr.isTTY === true && environment.TERM !== 'dumb';
  const errorPaint = choosePaint(stderr.isTTY === true, environment);
  let shown = false;
  let last = { label: '', at: Number.NEGATIVE_INFINITY };

  const settle = (): void => {
    if (shown) stderr.write('\r\u001b[2K');
    shown = false;
  };
  const writeError = (line: string): void => {
    settle();
    stderr.write(`${line}\n`);
  };

  return {
    paint: choosePaint(stdout.isTTY === true, environment),
    print(lines) {
      settle();
      if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
    },
    log(line) {
      if (!quiet) writeError(line);
    },
    warn(line) {
      writeError(`${errorPaint.yellow('warning')}: ${line}`);
    },
    progress(label, fraction, detail) {
      const at = now();
      const due = at - last.at >= (live ? LIVE_EVERY_MS : PLAIN_EVERY_MS);
      if (quiet || (label === last.label && !due)) return;
      last = { label, at };
      const share = fraction === undefined ? [] : [`${Math.floor(100 * fraction)} %`];
      const text = [label, ...share, ...(detail === undefined ? [] : [detail])].join(' ');
      if (!live) {
        stderr.write(`${text}\n`);
        return;
      }
      stderr.write(`\r\u001b[2K${errorPaint.dim(text.slice(0, (stderr.columns ?? 80) - 1))}`);
      shown = true;
    },
    settle,
  };
}
