// Every cut that was tried, held against what it was allowed to cost, and the proof of those that were accepted.
import type { Maker } from '../dom/element.ts';
import type { RunPage } from '../page/run-page.ts';
import { drawDrop, dropScale } from '../plots/drop-plot.ts';
import { cutsTable, proofsTable, triesTable } from '../tables/run-tables.ts';
import { formatNumberOf } from '../text/units.ts';
import { drawTable, makeSection } from './section.ts';

const WIDTH = 150;

/** Draws the tries; undefined where there were none. */
export function drawTries(page: RunPage, maker: Maker): HTMLElement | undefined {
  const { trials } = page;
  if (trials.length === 0) return undefined;
  const scale = dropScale(trials);
  const refused = trials.filter(({ accepted }) => !accepted).length;
  return makeSection(
    maker,
    {
      id: 'tries',
      title: 'Every try',
      lead: `${formatNumberOf(trials.length, 'cut')} tried, ${refused} refused: a try counts only when the drop, with the margin of its own error, is within what its step may cost (dashed).`,
    },
    drawTable(maker, triesTable(page), {
      drawn: {
        ...{ head: 'drop against allowed', at: 5 },
        draw: (row) => drawDrop(trials[row]!, scale, { document: maker.document, width: WIDTH }),
      },
    }),
  );
}

/** Draws what every accepted cut took, and its proof; undefined where nothing was cut. */
export function drawProofs(page: RunPage, maker: Maker): HTMLElement | undefined {
  const table = proofsTable(page);
  if (table.rows.length === 0) return undefined;
  return makeSection(
    maker,
    {
      id: 'proofs',
      title: 'The proof of every cut',
      lead: 'Before recovery, the cut model must compute what the model before it computes with zeros in place of the cut channels, at every output and every layer that is left. The deviation is the largest of any channel, relative to its largest value; silent channels were zero or constant before the cut too and prove nothing.',
    },
    drawTable(maker, table),
    maker.html(
      'details',
      {},
      maker.html('summary', {}, 'What was cut, layer by layer'),
      drawTable(maker, cutsTable(page), { names: [1], className: 'tall' }),
    ),
  );
}
