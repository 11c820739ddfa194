// How much every group of channels matters: one small plot each, the most sensitive first.
import type { Maker } from '../dom/element.ts';
import type { PageCurve, RunPage } from '../page/run-page.ts';
import { drawSensitivity, sensitivityScales } from '../plots/sensitivity-plot.ts';
import { describeAge, sensitivityTable } from '../tables/run-tables.ts';
import { formatNumberOf } from '../text/units.ts';
import { breakable, drawTable, makeSection } from './section.ts';

/** Plots that are seen at once; others unfold, and those beyond a limit are in the table only. */
const SEEN = 20;
const DRAWN = 120;
const WIDTH = 200;

/** Draws it; undefined where no analysis was made. */
export function drawSensitivities(page: RunPage, maker: Maker): HTMLElement | undefined {
  const { html, document } = maker;
  const { analysis, metric } = page;
  if (analysis === undefined) return undefined;
  const { curves, step, samples } = analysis;
  const shown = curves.slice(0, DRAWN);
  const scales = sensitivityScales(shown);
  const model = step === 0 ? 'the original' : `step ${step}`;
  const folded =
    curves.length > DRAWN
      ? `Of ${formatNumberOf(curves.length, 'group')} the ${DRAWN} most sensitive are drawn; the table has all.`
      : '';
  const earlier = curves.some(({ first }) => first) ? ' Dashed: the same group in the first analysis.' : '';
  return makeSection(
    maker,
    {
      id: 'sensitivity',
      title: 'Sensitivity of every group',
      lead: `Change of ${metric.name} when a group alone loses a share of its channels (across), most sensitive first; measured on ${model}, with at most ${formatNumberOf(samples, 'sample')}. The band is the 95 % interval.${earlier} ${folded}`.trim(),
    },
    html('div', { class: 'multiples' }, ...shown.slice(0, SEEN).map(drawOne)),
    shown.length > SEEN
      ? html(
          'details',
          {},
          html('summary', {}, `${shown.length - SEEN} less sensitive ones`),
          html('div', { class: 'multiples' }, ...shown.slice(SEEN).map(drawOne)),
        )
      : undefined,
    html(
      'details',
      {},
      html('summary', {}, 'As a table'),
      drawTable(maker, sensitivityTable(page), { names: [0] }),
    ),
  );

  function drawOne(curve: PageCurve): HTMLElement {
    return html(
      'figure',
      {},
      html(
        'figcaption',
        {},
        html('b', {}, ...breakable(maker, curve.name)),
        html('span', {}, `${formatNumberOf(curve.channels, 'channel')}, ${describeAge(curve.age)}`),
      ),
      drawSensitivity(curve, scales, { document, width: WIDTH }),
    );
  }
}
