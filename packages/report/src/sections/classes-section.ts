// What the metric says of every class, before and after.
import type { Maker } from '../dom/element.ts';
import { formatDrop } from '../page/headline.ts';
import type { RunPage } from '../page/run-page.ts';
import { classesTable } from '../tables/run-tables.ts';
import { drawTable, makeSection } from './section.ts';

/** Draws it; undefined where the metric has no classes. */
export function drawClasses(page: RunPage, maker: Maker): HTMLElement | undefined {
  const { html } = maker;
  const { classes, metric } = page;
  const worst = classes[0];
  if (worst === undefined) return undefined;
  const largest = Math.max(1e-9, ...classes.map(({ loss }) => Math.abs(loss)));
  return makeSection(
    maker,
    {
      id: 'classes',
      title: 'Class by class',
      lead: `Greatest loss first: ${worst.name} with ${formatDrop(metric, worst.loss)}.`,
    },
    drawTable(maker, classesTable(page), {
      names: [0],
      className: classes.length > 30 ? 'tall' : '',
      drawn: {
        ...{ head: 'loss | gain', at: 3 },
        draw: (row) => {
          const { loss } = classes[row]!;
          const width = `width:${((50 * Math.abs(loss)) / largest).toFixed(1)}%`;
          return html(
            'span',
            { class: loss > 0 ? 'swing loss' : 'swing gain' },
            html('span', { style: width }),
          );
        },
      },
    }),
  );
}
