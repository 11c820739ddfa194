// The whole of the command line: understand, resolve the options, run, print, and say how it went.
import { CommanderError } from 'commander';
import { settleArguments } from './commands/arguments.ts';
import type { CommandResult, RunCommand } from './commands/command.ts';
import type { CommandName } from './commands/command-names.ts';
import { commands } from './commands/commands.ts';
import { EXIT_CODES, EXIT_OK } from './errors/exit-code.ts';
import { toEspalierError } from './errors/to-espalier-error.ts';
import { watchInterrupts } from './interrupt.ts';
import { optionsOf } from './options/options.ts';
import type { TypedFlags } from './options/resolve-options.ts';
import { choosePaint } from './output/paint.ts';
import { createTerminal, type TextStream } from './output/terminal.ts';
import { createProgram, type Invocation } from './program.ts';
import { describeError, formatError } from './report/error-report.ts';
import { readVersion } from './version.ts';

/** What surrounds a run; default: this process. */
export interface Surroundings {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder in which `espalier.yaml` is looked for. */
  readonly folder: string;
}

/**
 * Runs one command line (without `node` and the script) and returns the exit code: see `docs/errors.md`. Nothing is thrown: failures
 * are printed to stderr, and with `--json` as a document to stdout.
 */
export async function main(
  argv: readonly string[],
  surroundings: Surroundings = {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    folder: process.cwd(),
  },
): Promise<number> {
  const { stdout, stderr, environment } = surroundings;
  // Known before the options are: a command line that cannot be understood is answered in the form it asks for.
  let json = argv.includes('--json');
  let exitCode = EXIT_OK;
  const fail = (thrown: unknown, hasResult: boolean): number => {
    const error = toEspalierError(thrown);
    if (json && !hasResult) stdout.write(`${JSON.stringify(describeError(error), null, 2)}\n`);
    stderr.write(`${formatError(error, choosePaint(stderr.isTTY === true, environment)).join('\n')}\n`);
    if (environment.ESPALIER_DEBUG && error.cause instanceof Error) stderr.write(`${error.cause.stack}\n`);
    return EXIT_CODES[error.kind];
  };
  const program = createProgram({
    version: readVersion(),
    write: (text) => stdout.write(text),
    run: async (invocation) => {
      const result = await runInvocation(invocation, surroundings, (asked) => {
        json = asked;
      });
      if (result.failure) exitCode = fail(result.failure, true);
    },
  });
  try {
    // A bare `espalier` asks what there is.
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT_OK;
    return fail(thrown, false);
  }
}

async function runInvocation<Command extends CommandName>(
  { command, arguments: words, flags }: Invocation & { readonly command: Command },
  { stdout, stderr, environment, folder }: Surroundings,
  onJson: (json: boolean) => void,
): Promise<CommandResult> {
  // Loaded here, so that help needs neither zod nor yaml.
  const { resolveOptions } = await import('./options/resolve-options.ts');
  const config = await findConfig(command, flags, environment, folder);
  const { values, sources } = resolveOptions(command, flags, environment, config);
  const { json, quiet } = values as { readonly json: boolean; readonly quiet: boolean };
  onJson(json);
  const terminal = createTerminal({ stdout, stderr, environment, quiet, now: () => performance.now() });
  const interrupts = watchInterrupts(() =>
    terminal.log('Interrupted: finishing the current step. Press Ctrl-C again to stop at once.'),
  );
  try {
    const run: RunCommand<Command> = await commands[command].load();
    const result = await run({
      arguments: settleArguments(command, words, values),
      options: values,
      sources,
      config,
      terminal,
      signal: interrupts.signal,
    });
    terminal.print(json ? [JSON.stringify(result.document, null, 2)] : result.lines);
    return result;
  } finally {
    terminal.settle();
    interrupts.close();
  }
}

async function findConfig(
  command: CommandName,
  flags: TypedFlags,
  environment: Surroundings['environment'],
  folder: string,
): Promise<ReturnType<typeof import('./options/read-config.ts').readConfig>> {
  if (!optionsOf(command).some(([name]) => name === 'config')) return undefined;
  const { readConfig } = await import('./options/read-config.ts');
  const path = typeof flags.config === 'string' ? flags.config : environment.ESPALIER_CONFIG;
  return readConfig(path, folder);
}
