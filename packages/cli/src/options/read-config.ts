// The config file: espalier.yaml, one key per option.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EspalierError, suggestName } from '@espalier/core';
import { parseDocument } from 'yaml';
import { kebabName, type OptionRow } from './option-row.ts';
import { type OptionName, options } from './options.ts';

/** The file that is read when no `--config` names another. */
export const CONFIG_FILE = 'espalier.yaml';

/** What a config file says, values still unchecked. */
export interface ConfigFile {
  readonly path: string;
  /** By option name; paths are resolved against the file's folder. */
  readonly values: Readonly<Partial<Record<OptionName, unknown>>>;
}

/**
 * Reads the config file at `path`, or `espalier.yaml` in `folder` when no path is given; undefined when that one does not exist.
 * Errors: `config.unreadable` (io); `config.bad-yaml`, `config.unknown-key` (usage).
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
  const entries = Object.entries(parseMapping(text, file));
  return {
    path: file,
    values: Object.fromEntries(entries.map(([key, value]) => readEntry(key, value, file))),
  };
}

function parseMapping(text: string, file: string): Readonly<Record<string, unknown>> {
  const document = parseDocument(text);
  const [error] = document.errors;
  const content: unknown = error ? undefined : (document.toJS() ?? {});
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return content as Readonly<Record<string, unknown>>;
  }
  throw new EspalierError({
    kind: 'usage',
    code: 'config.bad-yaml',
    message: `The config file ${file} is no YAML mapping${error ? `: ${error.message.split('\n')[0]}` : ''}.`,
    hint: 'Write one option per line, such as `macs: 0.6`; see `espalier config schema`.',
  });
}

function readEntry(key: string, value: unknown, file: string): readonly [OptionName, unknown] {
  const names = (Object.keys(options) as OptionName[]).filter((name) => name !== 'config');
  const name = names.find((candidate) => kebabName(candidate) === key);
  if (name !== undefined) {
    const row: OptionRow = options[name];
    const isPath = row.type === 'path' && typeof value === 'string' && value !== '';
    return [name, isPath ? resolve(dirname(file), value) : value];
  }
  const near = suggestName(key, names.map(kebabName));
  throw new EspalierError({
    kind: 'usage',
    code: 'config.unknown-key',
    message: `The config file ${file} has the unknown key '${key}'.`,
    hint: `${near === undefined ? '' : `Did you mean '${near}'? `}See \`espalier config schema\` for all keys.`,
  });
}
