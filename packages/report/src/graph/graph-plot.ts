// The connectivity graph as a picture: one bar per layer from left to right, as high as it was wide, filled as far as it still is.
import type { Maker } from '../dom/element.ts';
import type { LayerFact } from '../page/run-facts.ts';
import { COLOURS } from '../plots/plot-style.ts';
import type { GraphNode } from './layer-graph.ts';
import { layoutGraph, type Place } from './layout-graph.ts';

const PITCH = { least: 18, most: 84 };
const BAR = { least: 8, most: 64, width: { least: 7, most: 14 } };
/** Room above a bar for its number, and around everything. */
const LABEL = 13;
const MARGIN = 8;

/** The id of a layer's row in a table, which its bar refers to. */
export function layerAnchor(index: number): string {
  return `layer-${index + 1}`;
}

/** Draws a graph made of `layers`, at least `width` CSS pixels wide if it has ranks enough. Bars refer to {@link layerAnchor}. */
export function drawGraph(
  layers: readonly LayerFact[],
  nodes: readonly GraphNode[],
  { svg }: Pick<Maker, 'svg'>,
  width: number,
): SVGElement {
  const widest = Math.max(1, ...layers.map(({ channels }) => channels));
  const heightOf = (channels: number): number =>
    BAR.least + (BAR.most - BAR.least) * Math.sqrt(channels / widest);
  const heights = nodes.map(({ layers: members }) =>
    heightOf(meanOf(members.map((at) => layers[at]!.channels))),
  );
  const layout = layoutGraph(
    nodes,
    heights.map((height) => height / 2 + LABEL),
  );
  const pitch = Math.min(PITCH.most, Math.max(PITCH.least, (width - 2 * MARGIN) / layout.ranks));
  const barWidth = Math.min(BAR.width.most, Math.max(BAR.width.least, 0.3 * pitch));
  const x = ({ rank }: Place): number => MARGIN + (rank + 0.5) * pitch;
  const y = (place: Place): number => place.y - layout.extent[0] + MARGIN;
  const [wide, high] = [layout.ranks * pitch + 2 * MARGIN, layout.extent[1] - layout.extent[0] + 2 * MARGIN];
  return svg(
    'svg',
    {
      ...{
        viewBox: `0 0 ${wide.toFixed(0)} ${high.toFixed(0)}`,
        width: wide.toFixed(0),
        height: high.toFixed(0),
      },
      ...{ class: 'graph', role: 'img', 'aria-label': 'which layer reads whose channels' },
    },
    svg(
      'g',
      { fill: 'none', stroke: COLOURS.faint, 'stroke-opacity': 0.55, 'stroke-width': 1.1 },
      ...layout.pieces.map(({ from, to, ends }) =>
        svg('path', {
          d: curve(x(from), y(from), x(to) - (ends ? barWidth / 2 : 0), y(to)),
        }),
      ),
    ),
    ...nodes.map((node, index) =>
      drawBar(
        layers,
        node,
        { x: x(layout.nodes[index]!), y: y(layout.nodes[index]!), width: barWidth, height: heights[index]! },
        svg,
      ),
    ),
  );
}

function drawBar(
  layers: readonly LayerFact[],
  { layers: members }: GraphNode,
  { x, y, width, height }: Readonly<Record<'x' | 'y' | 'width' | 'height', number>>,
  svg: Maker['svg'],
): SVGElement {
  const own = members.map((at) => layers[at]!);
  const made = own.reduce((sum, { channels }) => sum + channels, 0);
  const kept = own.reduce((sum, layer) => sum + layer.kept, 0);
  const isFree = own.some(({ free }) => free > 0);
  const left = made === 0 ? 1 : kept / made;
  const bar = (part: number, attributes: Readonly<Record<string, string | number>>): SVGElement =>
    svg('rect', {
      ...{ x: (x - width / 2).toFixed(1), y: (y - (part * height) / 2).toFixed(1) },
      ...{ width: width.toFixed(1), height: (part * height).toFixed(1), rx: 2, ...attributes },
    });
  const [first, last] = [members[0]!, members.at(-1)!];
  return svg(
    'a',
    { href: `#${layerAnchor(first)}` },
    svg('title', {}, own.map(describeLayer).join('\n')),
    bar(1, { fill: 'var(--paper)', stroke: isFree ? COLOURS.accent : COLOURS.faint, 'stroke-width': 1 }),
    bar(left, { fill: isFree ? COLOURS.accent : COLOURS.faint }),
    svg(
      'text',
      {
        x: x.toFixed(1),
        y: (y - height / 2 - 4).toFixed(1),
        'text-anchor': 'middle',
        'font-size': 9,
        fill: COLOURS.ink,
      },
      first === last ? String(first + 1) : `${first + 1}…`,
    ),
  );
}

function describeLayer({ node, operator, channels, kept, free, sizes }: LayerFact): string {
  const width = channels === 0 ? 'makes no channels' : `${kept} of ${channels} channels`;
  const held = free === 0 && channels > 0 ? ', frozen' : '';
  const joined = sizes.length > 0 ? `, reads ${sizes.join(' + ')} joined` : '';
  return `${node} (${operator}): ${width}${held}${joined}`;
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const middle = ((x1 + x2) / 2).toFixed(1);
  return `M${x1.toFixed(1)},${y1.toFixed(1)}C${middle},${y1.toFixed(1)} ${middle},${y2.toFixed(1)} ${x2.toFixed(1)},${y2.toFixed(1)}`;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
