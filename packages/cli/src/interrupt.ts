// Ctrl-C: the first one lets the command finish its step and save, the second stops at once.
import { EspalierError } from '@espalier/core/names';
import { EXIT_CODES } from './errors/exit-code.ts';

/** A watch over Ctrl-C and the request to terminate. */
export interface InterruptWatch {
  /** Aborted by the first signal, with an {@link EspalierError} of kind `interrupted` as reason. */
  readonly signal: AbortSignal;
  /** Ends the watch: signals stop the process again. */
  close(): void;
}

/** Starts watching; `onFirst` tells the user what happens now. The second signal ends the process with exit code 130. */
export function watchInterrupts(onFirst: () => void): InterruptWatch {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
    onFirst();
    controller.abort(
      new EspalierError({
        kind: 'interrupted',
        code: 'interrupted',
        message: 'The command was interrupted before it was done.',
      }),
    );
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    close: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
