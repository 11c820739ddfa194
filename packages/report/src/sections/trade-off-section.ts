// The way of the run: the metric against MACs and against milliseconds, and every step in numbers.
import type { Maker } from '../dom/element.ts';
import type { RunPage } from '../page/run-page.ts';
import { drawTradeOff, type TradeOffAxis } from '../plots/trade-off-plot.ts';
import { stepsTable } from '../tables/run-tables.ts';
import { drawFigure, drawTable, makeSection } from './section.ts';

const WIDTHS = { wide: 520, narrow: 340 };

/** Draws it; undefined where nothing was judged. */
export function drawTradeOffs(page: RunPage, maker: Maker): HTMLElement | undefined {
  const { html, document } = maker;
  if (page.steps.length === 0) return undefined;
  const { asked, trials, latency, metric } = page;
  const second: TradeOffAxis = latency ? 'ms' : 'params';
  const axes = (['macs', second] as const).filter((axis) =>
    drawTradeOff(page, axis, { document, width: WIDTHS.wide }),
  );
  const key = (mark: string, text: string): HTMLElement =>
    html('span', {}, html('i', { class: `key ${mark}` }), text);
  return makeSection(
    maker,
    { id: 'steps', title: `${metric.name} against cost` },
    html(
      'div',
      { class: 'pair' },
      ...axes.map((axis) =>
        drawFigure(maker, WIDTHS, (width) => drawTradeOff(page, axis, { document, width })!),
      ),
    ),
    html(
      'p',
      { class: 'keys' },
      key('step', 'accepted step, with the 95 % interval of its drop'),
      trials.some(({ accepted }) => !accepted) ? key('refused', 'refused try') : undefined,
      key('original', 'the original'),
      asked ? key('budget', 'the accuracy budget') : undefined,
    ),
    drawTable(maker, stepsTable(page)),
    ...(latency
      ? [
          html(
            'p',
            { class: 'note' },
            `Steps were measured in turn on ${latency.provider}, threads ${latency.threads ?? 'as the engine chose'}.`,
            ...latency.warnings.map((warning) => ` ${warning}`),
          ),
        ]
      : []),
  );
}
