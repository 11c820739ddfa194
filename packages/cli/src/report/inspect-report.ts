// `inspect` as text.
import type { InspectDocument } from '../documents/inspect-document.ts';
import { foldList } from '../output/fold-list.ts';
import type { Paint } from '../output/paint.ts';
import { type Column, formatTable } from '../output/text-table.ts';
import { formatBytes, formatCount, formatDims, formatMs, formatPercent } from '../output/units.ts';

type Layer = InspectDocument['layers'][number];
type Reason = Layer['frozen'][number];

/** More members of a group than this are folded. */
const SHOWN_MEMBERS = 4;

/** Lines of the report: the model, its totals, every layer with its share of the cost, the groups, and what is frozen and why. */
export function formatInspect(document: InspectDocument, paint: Paint): readonly string[] {
  const { layers, groups, notes } = document;
  return [
    ...formatFacts(document),
    '',
    paint.bold('Layers'),
    ...formatLayers(layers),
    '',
    paint.bold('Groups'),
    ...formatGroups(groups),
    '',
    paint.bold('Frozen'),
    ...formatFrozen(layers),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)]),
  ];
}

/** What holds channels, as a sentence with the node as its subject. */
export function formatReason({ node, operator, value, text }: Reason): string {
  return operator === '' ? `'${node || value}' ${text}` : `${operator} '${node}' ${text}`;
}

function formatFacts({ model, metrics }: InspectDocument): readonly string[] {
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
    ['model', model.path],
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
  ];
  const width = Math.max(...rows.map(([name]) => name!.length));
  return rows.map(([name, text]) => `${name!.padEnd(width)}  ${text}`);
}

function formatLayers(layers: readonly Layer[]): readonly string[] {
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
  return formatTable(
    columns,
    layers.map((layer) => [
      layer.node,
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
}

function formatGroups(groups: InspectDocument['groups']): readonly string[] {
  const cuttable = groups.filter((group) => group.frozen === undefined);
  if (cuttable.length === 0) return ['none can be pruned'];
  return formatTable(
    [{ head: 'root' }, { head: 'channels', align: 'right' }, { head: 'nodes it changes' }],
    cuttable.map(({ root, channels, members }) => [root, String(channels), foldList(members, SHOWN_MEMBERS)]),
  );
}

function formatFrozen(layers: readonly Layer[]): readonly string[] {
  const held = layers.filter((layer) => layer.convolution && layer.frozen.length > 0);
  if (held.length === 0) return ['no convolution'];
  return held.flatMap(({ node, operator, channels, prunableChannels, frozen }) => [
    `${operator} '${node}' keeps ${channels - prunableChannels} of its ${channels} channels:`,
    ...frozen.map((reason) => `  ${formatReason(reason)}`),
  ]);
}
