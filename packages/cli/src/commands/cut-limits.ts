// Limits of a cut that depend on what the cut is for.
import type { OptionsFor } from '../options/options.ts';

/** Whether branches may go altogether: as asked, else where it is the time that counts, of which they save most for what they cost. */
export function mayCutBranches(
  { branches }: Pick<OptionsFor<'prune'>, 'branches'>,
  isForLatency: boolean,
): boolean {
  return branches === 'auto' ? isForLatency : branches === 'on';
}
