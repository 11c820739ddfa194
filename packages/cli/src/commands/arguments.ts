// The words of a command line: which must be typed, and where the others come from.
import { relative } from 'node:path';
import { EspalierError } from '@espalier/core/names';
import type { GivenOptions } from '../options/command-line.ts';
import type { CommandName } from './command-names.ts';
import { type ArgumentRow, type CommandDescription, commands } from './commands.ts';

/** Whether a word must be typed: not where it may be left out, or be said elsewhere. */
export function isNeeded({ required = true, option }: ArgumentRow): boolean {
  return required && option === undefined;
}

/**
 * The arguments of a command: what was typed, and for a missing first word the option it is the value of, as a path from here.
 * Error, kind usage: `usage.missing-argument` where nothing says it.
 */
export function settleArguments(
  command: CommandName,
  typed: readonly string[],
  options: GivenOptions,
): readonly string[] {
  const {
    arguments: [first],
  }: CommandDescription = commands[command];
  if (typed.length > 0 || first?.option === undefined) return typed;
  const said = options[first.option];
  if (typeof said === 'string') return [relative(process.cwd(), said)];
  if (first.required === false) return [];
  throw new EspalierError({
    kind: 'usage',
    code: 'usage.missing-argument',
    message: `Nothing says which ${first.option} it is about.`,
    hint: `Name it: \`espalier ${command} ${first.name}\`; or write \`${first.option}: FILE\` into espalier.yaml, which \`espalier init\` makes. See \`espalier ${command} --help\`.`,
  });
}
