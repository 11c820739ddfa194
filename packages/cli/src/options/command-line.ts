// A command line written back from options, for people to copy.
import type { CommandName } from '../commands/command-names.ts';
import { flagName } from './option-row.ts';
import { type OptionName, optionsOf } from './options.ts';

/** The values of some options, as they were resolved. */
export type GivenOptions = Readonly<Partial<Record<OptionName, unknown>>>;

/** `espalier COMMAND WORDS FLAGS`, quoted for a shell where it must be; the model is one of the words; flags in the order of the options table. */
export function formatCommandLine(
  command: CommandName,
  words: readonly string[],
  given: GivenOptions,
): string {
  const flags = optionsOf(command).flatMap(([name, row]) => {
    const value = given[name];
    if (value === undefined || row.argument) return [];
    if (row.type === 'flag') return value === row.default ? [] : [flagName(name, row)];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((one) => [flagName(name, row), String(one)]);
  });
  return ['espalier', command, ...[...words, ...flags].map(quoteWord)].join(' ');
}

/** A word as a shell takes it. */
export function quoteWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
