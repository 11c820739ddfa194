// The config file: espalier.yaml, one key per option.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EspalierError, suggestName } from '@espalier/core';
import {
  type Document,
  isMap,
  isNode,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { badValue } from './bad-value.ts';
import { isPath, type OptionRow } from './option-row.ts';
import type { OptionName } from './options.ts';
import { configRows, valueSchema } from './value-schema.ts';

/** The file that is read when no `--config` names another. */
export const CONFIG_FILE = 'espalier.yaml';

/** What a config file says; every value is one that its option takes. */
export interface ConfigFile {
  readonly path: string;
  /** By option name; paths are resolved against the file's folder. */
  readonly values: Readonly<Partial<Record<OptionName, unknown>>>;
}

/**
 * Reads the config file at `path`, or `espalier.yaml` in `folder` when no path is given; undefined when that one does not exist.
 * Errors: `config.unreadable` (io); `config.bad-yaml`, `config.unknown-key`, `config.bad-value` (usage), which name the line.
 */
export async function readConfig(path: string | undefined, folder: string): Promise<ConfigFile | undefined> {
  const file = resolve(folder, path ?? CONFIG_FILE);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (path === undefined && cause.code === 'ENOENT') return undefined;
    throw new EspalierError({
      kind: 'io',
      code: 'config.unreadable',
      message: `The config file ${file} cannot be read (${cause.code ?? cause.message}).`,
      hint: 'Give the path of a YAML file with --config.',
      cause,
    });
  });
  if (text === undefined) return undefined;
  const source = parseMapping(text, file);
  const keys = source.map?.items.map(({ key }) => key) ?? [];
  return { path: file, values: Object.fromEntries(keys.map((key) => readEntry(source, key))) };
}

/** A parsed file that knows where in it things stand. */
interface Source {
  readonly file: string;
  readonly document: Document.Parsed;
  /** Absent where the file is empty. */
  readonly map: YAMLMap<ParsedNode, ParsedNode | null> | undefined;
  lineOf(node: unknown): number | undefined;
}

function parseMapping(text: string, file: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const { errors, contents } = document;
  const lineOf: Source['lineOf'] = (node) =>
    isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined;
  if (errors.length === 0 && (contents === null || contents.range?.[0] === contents.range?.[1]))
    return { file, document, map: undefined, lineOf };
  if (errors.length === 0 && isMap(contents)) return { file, document, map: contents, lineOf };
  throw new EspalierError({
    kind: 'usage',
    code: 'config.bad-yaml',
    message: `The config file ${file} is no YAML mapping${errors[0] ? `: ${errors[0].message.split('\n')[0]}` : ''}.`,
    hint: 'Write one option per line, such as `macs: 0.6`; see `espalier config schema`.',
  });
}

function readEntry(source: Source, keyNode: ParsedNode): readonly [OptionName, unknown] {
  const { file, document } = source;
  const key = String(keyNode);
  const found = configRows().get(key);
  if (found === undefined) throw unknownKey(source, keyNode);
  const [name, row] = found;
  const node = document.get(key, true);
  const value = isNode(node) ? node.toJS(document) : null;
  const { success, data, error } = valueSchema(row).safeParse(value);
  if (!success) {
    // The innermost place that is wrong, such as the second entry of a list.
    const path = (error.issues[0]?.path ?? []).filter((part) => typeof part !== 'symbol');
    const line = source.lineOf(document.getIn([key, ...path], true)) ?? source.lineOf(keyNode);
    const place = [key, ...path.map((part) => `[${part}]`)].join('');
    throw badValue(row, {
      code: 'config.bad-value',
      place: `'${place}' in ${file}, line ${line},`,
      value: path.length === 0 ? value : document.getIn([key, ...path]),
      ...takesOf(row, path.length > 0),
    });
  }
  return [name, isPath(row, data) ? resolve(dirname(file), data) : asTexts(row, data)];
}

/** Numbers that stand for a text, as a flag would have been typed. */
function asTexts(row: OptionRow, value: unknown): unknown {
  if (row.type === 'list') return (value as readonly unknown[]).map(String);
  return row.type === 'text' ? String(value) : value;
}

/** A list is repeated as a flag, and is a list here. */
function takesOf(row: OptionRow, isEntry: boolean): { readonly takes?: string } {
  if (row.type !== 'list') return {};
  return { takes: isEntry ? `${row.value} as each entry` : `a list, such as [${row.value}]` };
}

function unknownKey({ file, lineOf }: Source, keyNode: ParsedNode): EspalierError {
  const key = String(keyNode);
  const near = suggestName(key, [...configRows().keys()]);
  return new EspalierError({
    kind: 'usage',
    code: 'config.unknown-key',
    message: `The config file ${file} has the unknown key '${key}' in line ${lineOf(keyNode)}.`,
    hint: `${near === undefined ? '' : `Did you mean '${near}'? `}See \`espalier config schema\` for all keys.`,
  });
}
