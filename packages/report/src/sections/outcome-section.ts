// The top of the page: what the run came to, in one line, in four numbers and as a table.
import type { Maker } from '../dom/element.ts';
import { formatDrop, formatHeadline, formatOutcome } from '../page/headline.ts';
import type { RunPage } from '../page/run-page.ts';
import { compareTable } from '../tables/run-tables.ts';
import { formatCount, formatFactor, formatMs, formatPercent, formatScore } from '../text/units.ts';
import { drawTable } from './section.ts';

/** Draws it. */
export function drawOutcome(page: RunPage, maker: Maker): HTMLElement {
  const { html } = maker;
  const table = compareTable(page);
  return html(
    'header',
    {},
    html('p', { class: 'kicker' }, 'espalier run · ', html('span', { class: 'name' }, page.title)),
    html('h1', {}, formatHeadline(page)),
    html('p', { class: 'lead' }, formatOutcome(page)),
    ...page.remarks.map((remark) => html('p', { class: 'remark' }, remark)),
    drawTiles(page, maker),
    table.rows.length > 0 ? drawTable(maker, table, { className: 'compare' }) : undefined,
    html(
      'p',
      { class: 'note' },
      'In brackets: 95 % intervals. That of the change compares both models on the same samples, so it is narrower than those of the metric by itself.',
    ),
  );
}

function drawTiles(page: RunPage, { html }: Maker): HTMLElement | undefined {
  const [first, last] = [page.steps[0], page.steps.at(-1)];
  if (first === undefined || last === undefined || last.step === 0) return undefined;
  const tile = (name: string, value: string, detail: string, part?: number): HTMLElement =>
    html(
      'div',
      { class: 'tile' },
      html('span', { class: 'tile-name' }, name),
      html('strong', {}, value),
      html('span', { class: 'tile-detail' }, detail),
      part === undefined
        ? undefined
        : html(
            'span',
            { class: part > 1 ? 'bar over' : 'bar' },
            html('span', { style: `width:${(100 * Math.min(1, part)).toFixed(1)}%` }),
          ),
    );
  return html(
    'div',
    { class: 'tiles' },
    tile(
      'MACs',
      formatPercent(last.kept.macs),
      `${formatCount(first.cost.macs)} → ${formatCount(last.cost.macs)}`,
      last.kept.macs,
    ),
    tile(
      'parameters',
      formatPercent(last.kept.params),
      `${formatCount(first.cost.params)} → ${formatCount(last.cost.params)}`,
      last.kept.params,
    ),
    first.latency && last.latency
      ? tile(
          'latency',
          formatFactor(last.latency.speedup.value),
          `${formatMs(first.latency.medianMs.value)} → ${formatMs(last.latency.medianMs.value)}`,
          last.latency.medianMs.value / first.latency.medianMs.value,
        )
      : undefined,
    tile(
      page.metric.name,
      formatDrop(page.metric, last.drop),
      `${formatScore(first.value)} → ${formatScore(last.value)}`,
      page.metric.isShare ? last.value : undefined,
    ),
  );
}
