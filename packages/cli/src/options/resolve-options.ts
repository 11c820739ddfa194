// Which value wins: flag before environment before config file before default.
import type { CommandName } from '../commands/command-names.ts';
import { badValue } from './bad-value.ts';
import { environmentName, flagName, type OptionRow } from './option-row.ts';
import { type OptionName, type OptionsFor, optionsOf } from './options.ts';
import type { ConfigFile } from './read-config.ts';
import { valueSchema } from './value-schema.ts';

/** Where a value came from. */
export type Source = 'flag' | 'environment' | 'config' | 'default';

/** What was typed: texts by option name, booleans for flags, arrays for repeated ones. */
export type TypedFlags = Readonly<Partial<Record<OptionName, string | boolean | readonly string[]>>>;

/** The options of a command with the source of each value. */
export interface ResolvedOptions<Command extends CommandName = CommandName> {
  readonly values: OptionsFor<Command>;
  readonly sources: Readonly<Partial<Record<OptionName, Source>>>;
}

/**
 * Resolves the options of one command. Error, kind usage: `options.bad-value`, which names the flag or variable; what a config
 * file says was checked when it was read.
 */
export function resolveOptions<Command extends CommandName>(
  command: Command,
  flags: TypedFlags,
  environment: Readonly<Record<string, string | undefined>>,
  config: ConfigFile | undefined,
): ResolvedOptions<Command> {
  const values: Partial<Record<OptionName, unknown>> = {};
  const sources: Partial<Record<OptionName, Source>> = {};
  for (const [name, row] of optionsOf(command)) {
    const found = findValue(name, row, flags, environment, config);
    values[name] = found.place === undefined ? found.value : check(row, found.value, found.place);
    sources[name] = found.source;
  }
  return { values: values as OptionsFor<Command>, sources };
}

interface Found {
  readonly source: Source;
  readonly value: unknown;
  /** How the user knows the place, where it is still to be checked: `--macs`, `ESPALIER_MACS`. */
  readonly place?: string;
}

function findValue(
  name: OptionName,
  row: OptionRow,
  flags: TypedFlags,
  environment: Readonly<Record<string, string | undefined>>,
  config: ConfigFile | undefined,
): Found {
  const typed = flags[name];
  if (typed !== undefined) {
    const value = typeof typed === 'string' ? parseText(row, typed) : typed;
    return { source: 'flag', value, place: flagName(name, row) };
  }
  const variable = environmentName(name);
  const set = environment[variable];
  if (set !== undefined && set !== '') {
    return { source: 'environment', value: parseText(row, set), place: variable };
  }
  const written = config?.values[name];
  if (written !== undefined) return { source: 'config', value: written };
  return { source: 'default', value: row.type === 'list' ? [] : row.default };
}

/** Texts become values of the row's type where they can; what cannot stays text and is refused by the schema. */
function parseText(row: OptionRow, text: string): unknown {
  switch (row.type) {
    case 'flag':
      return (
        { true: true, '1': true, yes: true, false: false, '0': false, no: false }[text.toLowerCase()] ?? text
      );
    case 'number':
    case 'integer':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
    case 'list':
      return text.split(',').filter((part) => part !== '');
    default:
      return text;
  }
}

function check(row: OptionRow, value: unknown, place: string): unknown {
  const result = valueSchema(row).safeParse(value);
  if (result.success) return result.data;
  throw badValue(row, { code: 'options.bad-value', place, value });
}
