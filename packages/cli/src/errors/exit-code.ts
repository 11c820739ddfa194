// From the kind of an error to the exit code of the process; docs/errors.md explains them to users.
import type { ErrorKind } from '@espalier/core';

/** Exit code of a command that did what it was asked to. */
export const EXIT_OK = 0;

/** Exit codes by kind of error: scripts branch on them, so they never change. */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  io: 1,
  data: 1,
  usage: 2,
  model: 3,
  target: 4,
  verification: 5,
  engine: 6,
  interrupted: 130,
};
