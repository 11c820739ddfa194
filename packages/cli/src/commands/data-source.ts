// Where pictures come from and how they are prepared, as the flags say: what every command with --data shares.
import { EspalierError } from '@espalier/core';
import { type openDataset, parseRecordShape, readTextFile } from '@espalier/node';
import { parse } from 'yaml';
import type { GivenOptions } from '../options/command-line.ts';
import type { OptionsFor } from '../options/options.ts';
import type { CommandContext } from './command.ts';

/** The flags that describe a data set. */
export type DataFlags = Pick<OptionsFor<'verify'>, 'dataFormat' | 'recordShape' | 'split' | 'labels'>;

/** What the flags say of the data set. Error: `options.bad-shape`. */
export function datasetOptions({
  dataFormat,
  recordShape,
  split,
  labels,
}: DataFlags): Parameters<typeof openDataset>[1] {
  const shape = recordShape === undefined ? undefined : parseRecordShape(recordShape);
  if (recordShape !== undefined && shape === undefined) {
    throw new EspalierError({
      kind: 'usage',
      code: 'options.bad-shape',
      message: `--record-shape cannot be '${recordShape}'.`,
      hint: 'Write planes, height and width, such as 1x64x64.',
    });
  }
  return {
    ...(dataFormat !== undefined && { format: dataFormat }),
    ...(shape && { shape }),
    ...(split !== undefined && { split }),
    ...(labels !== undefined && { labels }),
  };
}

/** The preprocessing flag: `key=value` pairs stay text; anything else is the path of a YAML file. */
export async function readPreprocess(text: string): Promise<string | Readonly<Record<string, unknown>>> {
  if (text.includes('=')) return text;
  const content: unknown = parse(await readTextFile(text));
  if (typeof content === 'object' && content !== null) return content as Readonly<Record<string, unknown>>;
  throw new EspalierError({
    kind: 'usage',
    code: 'preprocess.not-yaml',
    message: `The preprocessing ${text} is no YAML mapping.`,
    hint: 'Write one key per line, such as `size: 224x224`, or give key=value pairs.',
  });
}

/** What `eval` must be told of data again. */
export const TOLD_AGAIN = [
  'config',
  'dataFormat',
  'recordShape',
  'labels',
  'preprocess',
  'task',
  'layout',
  'metric',
] as const;

/** Values of a command's options and where they are from. */
interface ResolvedFlags {
  readonly options: GivenOptions;
  readonly sources: CommandContext<'eval'>['sources'];
}

/**
 * The flags that were typed to describe the data, for a command to be suggested; the usual config file and the environment speak for themselves
 * again, another file must be named again.
 */
export function typedDataFlags({ options, sources }: ResolvedFlags): GivenOptions {
  return Object.fromEntries(
    TOLD_AGAIN.filter((flag) => sources[flag] === 'flag').map((flag) => [flag, options[flag]]),
  );
}
