// What a run came to, in words.
import type { SearchEnd } from '@espalier/core';
import { formatFactor, formatNumberOf, formatPercent, formatScore, MEASURES } from '../text/units.ts';
import type { RunPage } from './run-page.ts';

const ENDINGS: Readonly<Record<SearchEnd, string>> = {
  target: 'The target is reached.',
  budget: 'Further cuts cost more than the accuracy budget allows, even at a fraction of their strength.',
  'nothing-left': 'No further cut was found.',
  iterations: 'The iterations were used up.',
  time: 'The time was used up.',
  interrupted: 'The run was interrupted.',
};

/** One line: `40.0 % of the MACs, 1.62x as fast, top1 −0.4 points`. */
export function formatHeadline(page: RunPage): string {
  const last = page.steps.at(-1);
  if (last === undefined) return 'Nothing is judged yet';
  if (last.step === 0) return 'Nothing was cut';
  return [
    `${formatPercent(last.kept.macs)} of the MACs`,
    ...(last.latency ? [`${formatFactor(last.latency.speedup.value)} as fast`] : []),
    `${page.metric.name} ${formatDrop(page.metric, last.drop)}`,
  ].join(', ');
}

/** What was asked, what happened, and how sure it is: one to three sentences. */
export function formatOutcome({ asked, ending, steps, metric }: RunPage): string {
  const last = steps.at(-1);
  const cuts = steps.filter(({ proof }) => proof !== null).length;
  const wanted =
    asked &&
    `Asked were ${formatPercent(asked.target.kept)} of the ${MEASURES[asked.target.measure]}, with at most ${formatLoss(metric, asked.maxDrop)} of ${metric.name} lost at ${formatPercent(asked.confidence)} confidence.`;
  const happened =
    ending === undefined
      ? `The run is not finished: ${formatNumberOf(cuts, 'cut')} so far.`
      : `${ENDINGS[ending]} ${formatNumberOf(cuts, 'cut')} accepted.`;
  const sure =
    last && last.step > 0 && asked
      ? `The drop is at most ${formatLoss(metric, Math.max(0, last.worst))} at that confidence, on ${formatNumberOf(metric.samples, 'sample')} that nothing was learned from.`
      : undefined;
  return [wanted, happened, sure].filter(Boolean).join(' ');
}

/** What a drop makes of the metric, with its sign: in points where it is a fraction, else in its own unit. */
export function formatDrop(metric: RunPage['metric'], drop: number): string {
  const size = formatLoss(metric, Math.abs(drop));
  const isNothing = Number.parseFloat(size) === 0;
  const sign = isNothing ? '±' : drop > 0 === metric.higherIsBetter ? '−' : '+';
  return `${sign}${size}`;
}

/** A loss without a sign. */
export function formatLoss(metric: RunPage['metric'], loss: number): string {
  return metric.isShare ? `${(100 * loss).toFixed(1)} points` : formatScore(loss);
}
