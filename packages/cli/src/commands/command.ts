// What every command is: it gets its arguments and options, and hands back a document and the same as lines of text.
import type { EspalierError } from '@espalier/core';
import type { OptionsFor } from '../options/options.ts';
import type { ConfigFile } from '../options/read-config.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import type { Terminal } from '../output/terminal.ts';
import type { CommandName } from './command-names.ts';

/** What a command works with. */
export interface CommandContext<Command extends CommandName> {
  /** Positional arguments, as many as the command's row asks for; optional ones may be missing. */
  readonly arguments: readonly string[];
  readonly options: OptionsFor<Command>;
  readonly sources: ResolvedOptions['sources'];
  /** The config file that was read, if any. */
  readonly config: ConfigFile | undefined;
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What a command found: `--json` prints the document, else the lines are printed. */
export interface CommandResult {
  readonly document: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  /** Set when the result itself is bad news (a failed proof): printed after it, and decides the exit code. */
  readonly failure?: EspalierError;
}

/** A command; it prints nothing to stdout itself. Failures are thrown as {@link EspalierError}s. */
export type RunCommand<Command extends CommandName> = (
  context: CommandContext<Command>,
) => Promise<CommandResult>;
