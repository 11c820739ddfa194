// `inspect` as text.
import type { InspectDocument } from '../documents/inspect-document.ts';
import { foldList } from '../output/fold-list.ts';
import type { Paint } from '../output/paint.ts';
import { type Column, formatTable } from '../output/text-table.ts';
import {
  formatBytes,
  formatCount,
  formatDims,
  formatMs,
  formatNumberOf,
  formatPercent,
} from '../output/units.ts';

type Layer = InspectDocument['layers'][number];
type Reason = Layer['frozen'][number];

/** More members of a group than this are folded. */
const SHOWN_MEMBERS = 4;

/** Of more layers than this the heaviest are shown. */
const SHOWN_LAYERS = 20;

/**
 * Lines of the report: the model, its totals, the layers with their shares of the cost, the groups, and what is frozen and why.
 * `path` is the model's as the user gave it.
 */
export function formatInspect(document: InspectDocument, path: string, paint: Paint): readonly string[] {
  const { layers, groups, notes } = document;
  return [
    ...formatFacts(document, path),
    '',
    paint.bold('Layers'),
    ...formatLayers(layers),
    '',
    paint.bold('Groups'),
    ...formatGroups(groups),
    '',
    ...formatFrozen(layers, paint),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)]),
  ];
}

/** What holds channels, as a sentence with the node as its subject. */
export function formatReason({ node, operator, value, text }: Reason): string {
  return operator === '' ? `'${node || value}' ${text}` : `${operator} '${node}' ${text}`;
}

function formatFacts({ model, metrics, layers }: InspectDocument, path: string): readonly string[] {
  const values = (list: InspectDocument['model']['inputs']): string =>
    list.map(({ name, type, dims }) => `${name} ${type} ${formatDims(dims)}`).join(', ');
  const sizes = model.sizes
    .map((size) =>
      Object.entries(size)
        .map(([name, dims]) => `${name} ${formatDims(dims)}`)
        .join(', '),
    )
    .join(' and ');
  const rows = [
    ['model', path],
    ['made by', `${model.producer || 'unknown'}, opset ${model.opset}, ${model.nodes} nodes`],
    ['inputs', values(model.inputs)],
    ['outputs', values(model.outputs)],
    ['traced at', sizes],
    ['file', formatBytes(model.bytes)],
    ['parameters', formatCount(metrics.params)],
    ['MACs', formatCount(metrics.macs)],
    ['activations', formatBytes(metrics.activationBytes)],
    ...(metrics.ms === undefined ? [] : [['time', formatMs(metrics.ms)]]),
    ['convolutions', `${metrics.convolutions}, of which ${metrics.prunableConvolutions} can be pruned`],
    ['channels', `${metrics.channels}, of which ${metrics.prunableChannels} can go`],
    ['in prunable layers', formatPrunableShare(layers)],
  ];
  const width = Math.max(...rows.map(([name]) => name!.length));
  return rows.map(([name, text]) => `${name!.padEnd(width)}  ${text}`);
}

/** What a cut works on: the cost of the layers that can lose channels of their own. */
function formatPrunableShare(layers: readonly Layer[]): string {
  const prunable = layers.filter((layer) => layer.prunableChannels > 0);
  const share = (part: 'macs' | 'params'): string =>
    formatPercent(prunable.reduce((total, layer) => total + layer.share[part], 0));
  return `${share('macs')} of the MACs, ${share('params')} of the parameters`;
}

function formatLayers(all: readonly Layer[]): readonly string[] {
  const layers = selectHeaviest(all);
  const lighter = all.length - layers.length;
  const timed = layers.some((layer) => layer.ms !== undefined);
  const columns: readonly Column[] = [
    { head: 'node' },
    { head: 'operator' },
    { head: 'output' },
    { head: 'channels', align: 'right' },
    { head: 'free', align: 'right' },
    { head: 'MACs', align: 'right' },
    { head: 'share', align: 'right' },
    { head: 'params', align: 'right' },
    { head: 'share', align: 'right' },
    { head: 'activation', align: 'right' },
    { head: 'share', align: 'right' },
    ...(timed ? [{ head: 'time', align: 'right' } as const] : []),
  ];
  const rows = formatTable(
    columns,
    layers.map((layer) => [
      nameLayer(layer),
      layer.operator,
      formatDims(layer.shape),
      layer.channels === 0 ? '-' : String(layer.channels),
      layer.channels === 0 ? '-' : String(layer.prunableChannels),
      formatCount(layer.macs),
      formatPercent(layer.share.macs),
      formatCount(layer.params),
      formatPercent(layer.share.params),
      formatBytes(layer.activationBytes),
      formatPercent(layer.share.activation),
      ...(timed ? [layer.ms === undefined ? '-' : formatMs(layer.ms)] : []),
    ]),
  );
  return lighter === 0 ? rows : [...rows, `and ${formatNumberOf(lighter, 'lighter layer')} (--json has all)`];
}

/** In graph order. */
function selectHeaviest(layers: readonly Layer[]): readonly Layer[] {
  const heaviest = new Set([...layers].sort((a, b) => b.macs - a.macs).slice(0, SHOWN_LAYERS));
  return layers.filter((layer) => heaviest.has(layer));
}

/** Other tools show the name of the ONNX node, espalier that of its output, which often begins with it. */
function nameLayer({ node, name }: Layer): string {
  return name === undefined || node.startsWith(name) ? node : `${node} (${name})`;
}

function formatGroups(groups: InspectDocument['groups']): readonly string[] {
  const cuttable = groups.filter((group) => group.frozen === undefined);
  if (cuttable.length === 0) return ['none can be pruned'];
  return formatTable(
    [{ head: 'root' }, { head: 'channels', align: 'right' }, { head: 'nodes it changes' }],
    cuttable.map(({ root, channels, members }) => [root, String(channels), foldList(members, SHOWN_MEMBERS)]),
  );
}

function formatFrozen(layers: readonly Layer[], paint: Paint): readonly string[] {
  const convolutions = layers.filter((layer) => layer.convolution);
  const held = convolutions.filter((layer) => layer.frozen.length > 0);
  if (held.length === 0) {
    return [
      convolutions.length === 0
        ? 'There is no convolution.'
        : 'Nothing is frozen: every convolution can lose channels.',
    ];
  }
  return [
    paint.bold('Frozen'),
    ...held.flatMap(({ node, operator, channels, prunableChannels, frozen }) => [
      `${operator} '${node}' keeps ${channels - prunableChannels} of its ${channels} channels:`,
      ...frozen.map((reason) => `  ${formatReason(reason)}`),
    ]),
  ];
}
