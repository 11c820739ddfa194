// The steps of a search as a table for other programs, one row per step.
import type { SearchStep, SearchTrial } from './search-record.ts';
import type { SearchState } from './search-state.ts';

/** The tries that a step took, in their order; none for the original and for a last training, which cut nothing. */
export function triesOf(
  { step, proof }: Pick<SearchStep, 'step' | 'proof'>,
  trials: readonly SearchTrial[],
): readonly SearchTrial[] {
  return proof === null ? [] : trials.filter(({ iteration }) => iteration === step - 1);
}

const HEADS = [
  ...['step', 'macs', 'params', 'metric', 'value', 'drop', 'drop_low', 'drop_high', 'worst_drop'],
  ...['latency', 'latency_low', 'latency_high', 'ms', 'tries', 'seconds'],
];

/**
 * `results.csv`: a line of heads, then one line per step, numbers unrounded. `drop_low` to `drop_high` is the interval of the drop at 95 %, empty where
 * the samples were too few; `tries` and `seconds` count every cut that was tried for the step, and are empty where nothing was cut. `latency` is the fraction of
 * the original's with its 95 % interval, empty unless one is the target.
 */
export function formatResults({ steps, trials }: Pick<SearchState, 'steps' | 'trials'>): string {
  const rows = steps.map((step) => {
    const { cost, judgement, latency } = step;
    const tries = triesOf(step, trials);
    const seconds = tries.reduce((sum, each) => sum + each.seconds, 0);
    return [
      ...[step.step, cost.macs, cost.params, judgement.metric, judgement.value, judgement.drop],
      ...[judgement.interval?.[0], judgement.interval?.[1], judgement.worst],
      ...[latency?.fraction.value, latency?.fraction.interval[0], latency?.fraction.interval[1], latency?.ms],
      ...(tries.length === 0 ? [undefined, undefined] : [tries.length, seconds]),
    ];
  });
  return [HEADS, ...rows].map((cells) => `${cells.map(quoteCell).join(',')}\n`).join('');
}

/** A metric of one's own may have any name. */
function quoteCell(cell: string | number | undefined): string {
  const text = String(cell ?? '');
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
