// A failure as text and as a JSON document.
import type { EspalierError } from '@espalier/core';
import type { ErrorDocument } from '../documents/error-document.ts';
import { EXIT_CODES } from '../errors/exit-code.ts';
import type { Paint } from '../output/paint.ts';

/** `error CODE: sentence`, and the hint below it. */
export function formatError({ code, message, hint }: EspalierError, paint: Paint): readonly string[] {
  const first = `${paint.red('error')} ${code}: ${message}`;
  return hint === undefined ? [first] : [first, `${paint.dim('hint')}: ${hint}`];
}

/** The document of `--json`. */
export function describeError({ kind, code, message, hint }: EspalierError): ErrorDocument {
  return {
    schema: 'espalier/error@1',
    kind,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    exitCode: EXIT_CODES[kind],
  };
}
