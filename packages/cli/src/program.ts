// The command line parser, built from the tables of commands and options.
import { Command, Option } from 'commander';
import { isNeeded } from './commands/arguments.ts';
import { COMMAND_NAMES, type CommandName } from './commands/command-names.ts';
import { type CommandDescription, commands, parents } from './commands/commands.ts';
import { flagText, flagUsage, type OptionRow, valuePlaceholder } from './options/option-row.ts';
import { type OptionName, optionsOf } from './options/options.ts';
import type { TypedFlags } from './options/resolve-options.ts';

/** Commands with more options than this show them under headings. */
const LONGEST_PLAIN_LIST = 8;

/** A command line that was understood. */
export interface Invocation {
  readonly command: CommandName;
  readonly arguments: readonly string[];
  readonly flags: TypedFlags;
}

/** How a command line is answered. */
export interface ProgramOptions {
  readonly version: string;
  /** Runs what was asked for. */
  readonly run: (invocation: Invocation) => Promise<void>;
  /** Writes help and version to stdout. */
  readonly write: (text: string) => void;
}

/**
 * Builds the parser. `parseAsync` throws commander's `CommanderError`s: for bad usage, and with exit code 0 after help or version
 * was written.
 */
export function createProgram({ version, run, write }: ProgramOptions): Command {
  const program = configure(new Command('espalier'), write)
    .description(
      'Makes trained CNNs smaller and really faster: prunes ONNX models exactly, proves it, measures it.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 failed, 2 usage, 3 model, 4 target, 5 verification, 6 engine, 130 interrupted.',
    );
  for (const name of COMMAND_NAMES) addCommand(program, name, run, write);
  return program;
}

function addCommand(
  program: Command,
  name: CommandName,
  run: ProgramOptions['run'],
  write: ProgramOptions['write'],
): void {
  const words = name.split(' ');
  const row: CommandDescription = commands[name];
  const command = configure(findParent(program, words.slice(0, -1), write).command(words.at(-1)!), write)
    .description(`${row.text}.`)
    .addHelpText('after', `\nExamples:\n${row.examples.map((line) => `  $ espalier ${line}`).join('\n')}`);
  for (const argument of row.arguments) {
    command.argument(isNeeded(argument) ? `<${argument.name}>` : `[${argument.name}]`, argument.text);
  }
  const rows = optionsOf(name).filter(([, optionRow]) => !optionRow.argument);
  // Headings over a handful of options would only part them.
  const grouped = rows.length > LONGEST_PLAIN_LIST;
  for (const [optionName, optionRow] of rows) {
    const option = makeOption(optionName, optionRow);
    command.addOption(grouped ? option.helpGroup(`${optionRow.group}:`) : option);
  }
  command.action(async () => {
    const flags = { ...typedWords(row, command.args), ...typedFlags(command, name) };
    await run({ command: name, arguments: command.args, flags });
  });
}

/** The command that holds subcommands, such as `config`; made when first asked for. */
function findParent(program: Command, words: readonly string[], write: ProgramOptions['write']): Command {
  return words.reduce(
    (parent, word) =>
      parent.commands.find((command) => command.name() === word) ??
      configure(parent.command(word), write).description(parents[word]!),
    program,
  );
}

function configure(command: Command, write: ProgramOptions['write']): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .configureHelp({ helpWidth: 110, optionTerm: (option) => option.flags });
}

function makeOption(name: OptionName, row: OptionRow): Option {
  const values = row.type === 'choice' ? ` (${row.choices.join(', ')})` : '';
  const fallback = 'default' in row && row.type !== 'flag' ? ` (default: ${row.default})` : '';
  const placeholder = valuePlaceholder(row);
  const usage = flagUsage(name, row);
  // Commander wants the value in brackets.
  const flags = placeholder === '' ? usage : `${usage.slice(0, -placeholder.length)}<${placeholder}>`;
  const option = new Option(flags, `${flagText(row)}${values}${fallback}`);
  if (row.type === 'list')
    option.argParser((text: string, before: readonly string[] = []) => [...before, text]);
  return option;
}

/** The words that are options too. */
function typedWords({ arguments: rows }: CommandDescription, words: readonly string[]): TypedFlags {
  const given = rows.flatMap(({ option }, i) =>
    option && words[i] !== undefined ? [[option, words[i]]] : [],
  );
  return Object.fromEntries(given);
}

/** Only what was really typed: commander sets `--no-…` flags to true by itself. */
function typedFlags(command: Command, name: CommandName): TypedFlags {
  const typed = optionsOf(name).filter(([option]) => command.getOptionValueSource(option) === 'cli');
  return Object.fromEntries(typed.map(([option]) => [option, command.getOptionValue(option)]));
}
