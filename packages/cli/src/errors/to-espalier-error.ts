// Whatever was thrown, as an error with a code and a hint.
import { EspalierError } from '@espalier/core/names';
import { CommanderError } from 'commander';
import { COMMAND_NAMES } from '../commands/command-names.ts';

/** Our codes for the errors of the command line parser, by its own. */
const COMMANDER_CODES: Readonly<Record<string, string>> = {
  'commander.unknownOption': 'usage.unknown-flag',
  'commander.unknownCommand': 'usage.unknown-command',
  'commander.help': 'usage.missing-command',
  'commander.missingArgument': 'usage.missing-argument',
  'commander.optionMissingArgument': 'usage.missing-value',
  'commander.excessArguments': 'usage.excess-arguments',
};

/**
 * Makes an {@link EspalierError} of anything: usage errors of the command line parser, aborted work, and what nobody expected
 * (code `internal`, kind `io`, with its stack as cause).
 */
export function toEspalierError(thrown: unknown): EspalierError {
  if (thrown instanceof EspalierError) return thrown;
  if (thrown instanceof CommanderError) return fromCommander(thrown);
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new EspalierError({
      kind: 'interrupted',
      code: 'interrupted',
      message: 'The work was interrupted.',
      cause: thrown,
    });
  }
  return new EspalierError({
    kind: 'io',
    code: 'internal',
    message: `Something unexpected happened: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    hint: 'This is a fault of espalier; ESPALIER_DEBUG=1 prints where it happened.',
    cause: thrown,
  });
}

/** Commander writes `error: unknown option '--mac'`, and `(Did you mean --macs?)` on a second line. */
function fromCommander(error: CommanderError): EspalierError {
  // What it says when it would rather print help.
  const text = error.code === 'commander.help' ? 'a command is missing' : error.message;
  const [first = '', second] = text.split('\n');
  const sentence = first.replace(/^error: /, '');
  // A command that resembles none is answered with all there are.
  const known = error.code === 'commander.unknownCommand' ? `There are ${COMMAND_NAMES.join(', ')}. ` : '';
  const suggestion = second === undefined ? known : `${second.replace(/^\(|\)$/g, '')} `;
  return new EspalierError({
    kind: 'usage',
    code: COMMANDER_CODES[error.code] ?? 'usage.invalid',
    message: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`.replace(/\.\.$/, '.'),
    hint: `${suggestion}See \`espalier --help\` and \`espalier COMMAND --help\`.`,
    cause: error,
  });
}
