// What --deterministic cannot promise, refused before the work.
import { EspalierError } from '@espalier/core';
import type { OptionsFor } from '../options/options.ts';

/** Refuses what would make the same command give other bytes. Error, kind usage: `train.not-deterministic`. */
export function checkRepeatable(
  command: 'run' | 'finetune' | 'train',
  { deterministic, threads, time }: Pick<OptionsFor<'run'>, 'deterministic' | 'threads' | 'time'>,
): void {
  if (!deterministic) return;
  const work = command === 'run' ? 'run' : 'training';
  if (threads !== undefined && threads > 1) {
    throw notDeterministic(
      `With --threads ${threads} a ${work} is not deterministic.`,
      'Leave --threads out: --deterministic takes one.',
    );
  }
  if (time === undefined) return;
  throw notDeterministic(
    `A ${work} that ends after --time ${time} cannot be deterministic: how far it comes differs from time to time.`,
    command === 'run' ? 'Limit it by --iterations.' : 'Limit it by --epochs or --steps.',
  );
}

function notDeterministic(message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'usage', code: 'train.not-deterministic', message, hint });
}
