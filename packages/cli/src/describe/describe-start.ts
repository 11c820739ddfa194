// What a run folder remembers of how its run was started: the command, where it was typed, how to go on with it, on which machine.
import { resolve } from 'node:path';
import { describeMachine, type MachineDescription } from '@espalier/node';
import type { CommandContext } from '../commands/command.ts';
import type { CommandName } from '../commands/command-names.ts';
import { formatCommandLine, type GivenOptions } from '../options/command-line.ts';
import type { OptionName } from '../options/options.ts';
import { readVersion } from '../version.ts';

/** The part of a `run.json` that says how it began; records of other programs may lack any of it. */
export interface RunStart {
  readonly command: string;
  /** The command that goes on where the run was left. */
  readonly resume: string;
  /** Absolute path of the folder in which both are to be typed. */
  readonly folder: string;
  /** Absolute path of the model. */
  readonly model: string;
  /** ISO date. */
  readonly startedAt: string;
  /** Version. */
  readonly espalier: string;
  readonly machine: MachineDescription;
  /** Every option with its value, by the name that code uses. */
  readonly options: GivenOptions;
}

/** A command line whose options are known. */
interface Typed {
  readonly arguments: readonly string[];
  readonly options: GivenOptions;
  readonly sources: CommandContext<CommandName>['sources'];
}

/** Describes the start of a run in the folder `runDir`. */
export async function describeStart(
  command: CommandName,
  context: Typed,
  { runDir }: { readonly runDir: string },
): Promise<RunStart> {
  return {
    command: formatTyped(command, context),
    resume: formatTyped(command, context, { runDir, resume: true }),
    folder: process.cwd(),
    model: resolve(context.arguments[0]!),
    startedAt: new Date().toISOString(),
    espalier: readVersion(),
    machine: await describeMachine(),
    options: { ...context.options },
  };
}

/** The command as it was typed, `--force` left out, with other options on top; config file and environment will speak for themselves again. */
export function formatTyped(
  command: CommandName,
  { arguments: words, options, sources }: Typed,
  others: GivenOptions = {},
): string {
  const typed = Object.entries(options).filter(
    ([name]) => sources[name as OptionName] === 'flag' && name !== 'force',
  );
  return formatCommandLine(command, words, { ...Object.fromEntries(typed), ...others });
}
