// The error for a value that an option does not take, wherever it stands.
import { EspalierError, suggestName } from '@espalier/core';
import { describeValues, type OptionRow } from './option-row.ts';

/** What is wrong where. */
export interface BadValue {
  /** `options.bad-value` for flags and variables, `config.bad-value` for the config file. */
  readonly code: string;
  /** How the user knows the place: `--macs`, `ESPALIER_MACS`, `'macs' in espalier.yaml, line 3,`. */
  readonly place: string;
  readonly value: unknown;
  /** What it takes instead; default: what the row says. */
  readonly takes?: string;
}

/** Makes the error, kind usage; a choice that was misspelt is suggested. */
export function badValue(row: OptionRow, { code, place, value, takes }: BadValue): EspalierError {
  const near = row.type === 'choice' ? suggestName(String(value), row.choices) : undefined;
  return new EspalierError({
    kind: 'usage',
    code,
    message: `${place} cannot be ${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}.`,
    hint: `${near === undefined ? '' : `Did you mean '${near}'? `}It takes ${takes ?? describeValues(row)}.`,
  });
}
