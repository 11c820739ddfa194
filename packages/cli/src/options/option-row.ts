// What an option is: one row of data from which the flag, its environment variable, its config key, the help and the docs follow.
import type { CommandName } from '../commands/command-names.ts';

/** Headings of help, in its order. */
export const OPTION_GROUPS = [
  'Target',
  'Limits',
  'Search',
  'Decision',
  'Scoring',
  'Training',
  'Output',
  'Data',
  'Recovery',
  'Devices',
  'Engine',
] as const;

/** What an option is about. */
export type OptionGroup = (typeof OPTION_GROUPS)[number];

interface AnyRow {
  /** One phrase, lower case, no full stop. */
  readonly text: string;
  /** The heading it stands under in help. */
  readonly group: OptionGroup;
  /** The commands that take it. */
  readonly commands: readonly CommandName[];
  /** Single-letter flag. */
  readonly short?: string;
  /** True for what is a word of the command line and no flag: `MODEL`. */
  readonly argument?: true;
  /** Values as a config file may hold them, for editors to offer. */
  readonly examples?: readonly (string | number | readonly (string | number)[])[];
}

/** On or off; with default true the flag is `--no-NAME`, and `text` begins with a verb. */
export interface FlagRow extends AnyRow {
  readonly type: 'flag';
  readonly default: boolean;
}

/** A number; `above` and `below` are exclusive bounds, `min` and `max` inclusive ones. */
export interface NumberRow extends AnyRow {
  readonly type: 'number' | 'integer';
  readonly value: string;
  readonly default?: number;
  readonly above?: number;
  readonly below?: number;
  readonly min?: number;
  readonly max?: number;
  /** A word that may stand in place of a number. */
  readonly word?: 'auto';
}

/** Text, or the path of a file or folder; a path in a config file is relative to that file. */
export interface TextRow extends AnyRow {
  readonly type: 'text' | 'path';
  readonly value: string;
  /** A text without `=` is a path. */
  readonly orPath?: true;
  readonly default?: string;
}

/** One of some names. */
export interface ChoiceRow extends AnyRow {
  readonly type: 'choice';
  readonly choices: readonly string[];
  readonly default?: string;
}

/** Texts: the flag is repeated, the environment variable is separated by commas, the config key holds a list. Default: none. */
export interface ListRow extends AnyRow {
  readonly type: 'list';
  readonly value: string;
}

/** A row of the options table. */
export type OptionRow = FlagRow | NumberRow | TextRow | ChoiceRow | ListRow;

/** Type of the values of a row. */
export type ValueOf<Row> = Row extends { type: 'flag' }
  ? boolean
  : Row extends { type: 'number' | 'integer' }
    ? number | (Row extends { word: infer Word } ? Word : never)
    : Row extends { type: 'choice'; choices: readonly (infer Name)[] }
      ? Name
      : Row extends { type: 'list' }
        ? readonly string[]
        : string;

/** `roundTo` as a flag and a config key spell it: `round-to`. */
export function kebabName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The environment variable of an option: `ESPALIER_ROUND_TO`. */
export function environmentName(name: string): string {
  return `ESPALIER_${kebabName(name).replaceAll('-', '_').toUpperCase()}`;
}

/** The flag as it is typed, `--no-verify` for what is on by default; `MODEL` for what is no flag. */
export function flagName(name: string, row: OptionRow): string {
  if (row.argument) return kebabName(name).toUpperCase();
  return row.type === 'flag' && row.default ? `--no-${kebabName(name)}` : `--${kebabName(name)}`;
}

/** The flag with its short form and value: `-o, --output FILE`. */
export function flagUsage(name: string, row: OptionRow): string {
  const short = row.short === undefined ? '' : `-${row.short}, `;
  const placeholder = valuePlaceholder(row);
  return `${short}${flagName(name, row)}${placeholder === '' ? '' : ` ${placeholder}`}`;
}

/** Whether a value names a file or folder, which in a config file is relative to that file. */
export function isPath(row: OptionRow, value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return row.type === 'path' || (row.type === 'text' && row.orPath === true && !value.includes('='));
}

/** What stands behind a flag in a usage line; empty for flags without a value. */
export function valuePlaceholder(row: OptionRow): string {
  switch (row.type) {
    case 'flag':
      return '';
    case 'choice':
      return 'NAME';
    default:
      return row.value;
  }
}

/** The phrase behind a flag in help: a flag that switches something off says what it does not do. */
export function flagText(row: OptionRow): string {
  return row.type === 'flag' && row.default ? `do not ${row.text}` : row.text;
}

/** What values a row takes, as the end of a sentence: `a number above 0, at most 1`. */
export function describeValues(row: OptionRow): string {
  switch (row.type) {
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${row.choices.join(', ')}`;
    case 'list':
      return `${row.value}, repeatable`;
    case 'path':
      return 'a path';
    case 'text':
      return 'a text that is not empty';
    default: {
      const { above, below, min, max } = row;
      const bounds = [
        ...(above === undefined ? [] : [`above ${above}`]),
        ...(min === undefined ? [] : [`at least ${min}`]),
        ...(below === undefined ? [] : [`below ${below}`]),
        ...(max === undefined ? [] : [`at most ${max}`]),
      ].join(', ');
      const number = `${row.type === 'integer' ? 'a whole number' : 'a number'}${bounds === '' ? '' : ` ${bounds}`}`;
      return row.word === undefined ? number : `${number}, or ${row.word}`;
    }
  }
}
