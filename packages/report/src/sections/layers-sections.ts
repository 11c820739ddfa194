// What became of the layers: their widths, the graph that they form, and which channels had to stay.
import type { Maker } from '../dom/element.ts';
import { drawGraph, layerAnchor } from '../graph/graph-plot.ts';
import { buildGraph, MOST_NODES } from '../graph/layer-graph.ts';
import type { RunPage } from '../page/run-page.ts';
import { frozenTable, widthsTable } from '../tables/run-tables.ts';
import { formatNumberOf } from '../text/units.ts';
import { drawTable, makeSection } from './section.ts';

/** CSS pixels that the page has for a graph. */
const GRAPH_WIDTH = 1100;

/** Longer tables scroll within themselves. */
const TALL = 30;

/** Bars of widths before and after, layer by layer; undefined where layers are not known. */
export function drawWidths(page: RunPage, maker: Maker): HTMLElement | undefined {
  const { html } = maker;
  const { layers } = page;
  if (layers.length === 0) return undefined;
  const widest = Math.max(1, ...layers.map(({ channels }) => channels));
  const percent = (part: number): string => `width:${(100 * part).toFixed(1)}%`;
  const cut = layers.filter(({ channels, kept }) => kept < channels).length;
  return makeSection(
    maker,
    {
      id: 'widths',
      title: 'Widths before and after',
      lead: `${formatNumberOf(cut, 'layer')} of ${layers.length} lost channels. Outlined: what the original had; filled: what is left; grey: channels that cannot be cut.`,
    },
    drawTable(maker, widthsTable(page), {
      ...{ names: [1], ids: layerAnchor },
      className: layers.length > TALL ? 'tall' : '',
      drawn: {
        ...{ head: 'width', at: 3 },
        draw: (row) => {
          const { channels, kept, free } = layers[row]!;
          if (channels === 0) return '';
          return html(
            'span',
            { class: free > 0 ? 'width' : 'width frozen', style: percent(channels / widest) },
            html('span', { style: percent(kept / channels) }),
          );
        },
      },
    }),
  );
}

/** The connectivity graph; undefined where it is not known. */
export function drawConnectivity(page: RunPage, maker: Maker): HTMLElement | undefined {
  const { html } = maker;
  const { layers } = page;
  if (layers.length === 0) return undefined;
  const nodes = buildGraph(layers);
  const folded =
    nodes.length < layers.length
      ? ` With more than ${MOST_NODES} layers, chains without a branch are folded into one bar (marked …): ${nodes.length} bars for ${layers.length} layers.`
      : '';
  return makeSection(
    maker,
    {
      id: 'graph',
      title: 'Who reads whose channels',
      lead: `A bar is a layer, as high as it was wide and filled as far as it still is; its number is its row among the widths. Grey bars are frozen.${folded}`,
    },
    html('div', { class: 'scroll' }, drawGraph(layers, nodes, maker, GRAPH_WIDTH)),
  );
}

/** What is frozen and why; undefined where that is not known, or nothing is. */
export function drawFrozen(page: RunPage, maker: Maker): HTMLElement | undefined {
  const { frozen } = page;
  if (frozen.length === 0) return undefined;
  const channels = frozen.reduce((sum, each) => sum + each.channels, 0);
  return makeSection(
    maker,
    {
      id: 'frozen',
      title: 'What had to stay',
      lead: `${formatNumberOf(channels, 'channel')} cannot be cut, for ${formatNumberOf(frozen.length, 'reason')}.`,
    },
    drawTable(maker, frozenTable(page), {
      names: [0, 2],
      className: frozen.length > TALL ? 'prose tall' : 'prose',
    }),
  );
}
