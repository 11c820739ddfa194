// The one error type of espalier: data a program can branch on and sentences a person can act on.

/** What went wrong, coarse enough to pick an exit code: see `docs/errors.md`. */
export type ErrorKind =
  | 'usage' // the call or the flags are wrong
  | 'model' // the model is invalid or not supported
  | 'data' // images, labels or arrays are unusable
  | 'target' // the pruning target cannot be reached
  | 'verification' // pruned and zeroed original differ
  | 'engine' // the inference engine or a device is unavailable or failed
  | 'io' // files could not be read or written
  | 'interrupted';

/** The fields an {@link EspalierError} is made from. */
export interface ErrorDetails {
  readonly kind: ErrorKind;
  /** Stable, dotted, lower case: `onnx.truncated`, `data.empty-folder`. */
  readonly code: string;
  /** One sentence with the offending value and the name of the node, file or flag. */
  readonly message: string;
  /** What the user can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every failure espalier raises on purpose. Expected outcomes (a frozen group, a rejected step) are data instead. */
export class EspalierError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'EspalierError';
    this.kind = details.kind;
    this.code = details.code;
    this.hint = details.hint;
  }
}
