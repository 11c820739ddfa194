// A config file as `init` writes it: every key with a comment that says what it is, what it may be, and why it is what it is.
import { stringify } from 'yaml';
import { wrapText } from '../output/wrap-text.ts';
import { describeValues, kebabName, type OptionRow } from './option-row.ts';
import { type OptionName, options } from './options.ts';

/** One key. */
export interface ConfigEntry {
  readonly option: OptionName;
  readonly value: string | number | boolean | readonly string[];
  /** Written as a comment, to be switched on by deleting its `#`; default false. */
  readonly off?: boolean;
  /** Sentences on why it has this value. */
  readonly why?: readonly string[];
}

/** Keys under a heading. */
export interface ConfigSection {
  readonly title: string;
  readonly entries: readonly ConfigEntry[];
}

const WIDTH = 110;

/** The file's text; `schema` is the path of the JSON Schema from the file's folder, `about` are sentences for its head. */
export function formatConfigFile(
  schema: string,
  about: readonly string[],
  sections: readonly ConfigSection[],
): string {
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    ...about.flatMap(comment),
    ...sections.flatMap(({ title, entries }) => [
      '',
      `# --- ${title} ---`,
      ...entries.flatMap((entry) => ['', ...formatEntry(entry)]),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function formatEntry({ option, value, off = false, why = [] }: ConfigEntry): readonly string[] {
  // JSON is YAML, and keeps a list on its line.
  const text =
    typeof value === 'object' ? JSON.stringify(value) : stringify(value, { lineWidth: 0 }).trimEnd();
  return [
    ...comment(describeOption(options[option])),
    ...why.flatMap(comment),
    `${off ? '#' : ''}${kebabName(option)}: ${text}`,
  ];
}

/** `Most that the metric may lose in all: 1% is a point of accuracy.`, with the values where the text does not say them. */
function describeOption(row: OptionRow): string {
  const says = row.type === 'choice' || row.type === 'number' || row.type === 'integer';
  const text = says ? `${row.text}: ${describeValues(row)}` : row.text;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function comment(sentence: string): readonly string[] {
  return wrapText(sentence, WIDTH - 2).map((line) => `# ${line}`.trimEnd());
}
