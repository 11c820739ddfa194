// `runs compare` as text.
import type { RunsCompareDocument } from '../documents/runs-compare-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatLatency } from './latency-report.ts';
import { formatRuns } from './runs-list-report.ts';
import { formatValue } from './runs-show-report.ts';

/** Longer values are cut, such as digests of models. */
const LONGEST_VALUE = 40;

/** Lines of the report: what came of the runs, how sure the difference is, how fast the models are, and what was asked otherwise. */
export function formatRunsCompare(
  { runs, settings, drops, latency, remarks }: RunsCompareDocument,
  paint: Paint,
): readonly string[] {
  return [
    ...formatRuns(runs, paint),
    '',
    ...drops.map(describeDrop),
    ...(latency ? ['', ...formatLatency(latency)] : []),
    '',
    ...(settings.length === 0
      ? ['They were asked the same.']
      : formatSettings(
          settings,
          runs.map(({ run }) => run),
          paint,
        )),
    ...(remarks.length === 0 ? [] : ['', ...remarks.map((remark) => paint.yellow(remark))]),
  ];
}

/** A difference that its interval does not tell from none is called so. */
function describeDrop({
  run,
  against,
  value,
  interval,
  reason,
}: RunsCompareDocument['drops'][number]): string {
  if (value === null) return `${run} and ${against} cannot be compared sample by sample. ${reason ?? ''}`;
  const verdict =
    value === 0
      ? `${run} scores the same as ${against}`
      : `${run} is ${Math.abs(value).toFixed(4)} ${value > 0 ? 'worse' : 'better'} than ${against}`;
  if (interval === null) return `${verdict}; the samples are too few to tell how sure that is.`;
  const [low, high] = interval;
  const isOpen = low <= 0 && high >= 0 && low < high;
  const doubt = isOpen ? ': it may be better or worse' : '';
  return `${verdict}; on the same samples its drop against it is ${low.toFixed(4)} to ${high.toFixed(4)} at 95 %${doubt}.`;
}

function formatSettings(
  settings: RunsCompareDocument['settings'],
  names: readonly string[],
  paint: Paint,
): readonly string[] {
  const [heads = '', ...rows] = formatTable(
    [{ head: 'setting that differs' }, ...names.map((head) => ({ head }))],
    settings.map(({ name, values }) => [name, ...values.map(shorten)]),
  );
  return [paint.bold(heads), ...rows];
}

function shorten(value: unknown): string {
  const text = formatValue(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}
