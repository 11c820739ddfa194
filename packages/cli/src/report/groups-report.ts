// `groups` as text: the connectivity graph, then every group with what a cut of it takes.
import type { GroupsDocument } from '../documents/groups-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatReason } from './inspect-report.ts';

type Group = GroupsDocument['groups'][number];

/** Lines of the report. */
export function formatGroups(
  { metrics, connectivity, groups }: GroupsDocument,
  paint: Paint,
): readonly string[] {
  return [
    paint.bold('Connectivity'),
    ...formatTable(
      [{ head: 'node' }, { head: 'operator' }, { head: 'slots of its input' }, { head: 'feeds (node:slot)' }],
      connectivity.map(({ node, operator, consumers, sizes }) => [
        node,
        operator,
        sizes.length === 0 ? '-' : sizes.join('+'),
        consumers.map((end) => `${end.node}:${end.slot}`).join(' ') || '-',
      ]),
    ),
    '',
    paint.bold('Groups'),
    ...groups.flatMap(formatGroup),
    '',
    `${metrics.groups} groups with ${metrics.channels} channels can be cut; frozen groups: ${metrics.frozenGroups}.`,
  ];
}

function formatGroup({ id, root, channels, uses, frozen }: Group): readonly string[] {
  const name = root === '' ? 'padding' : `root ${root}`;
  const state = frozen === undefined ? '' : `, frozen: ${formatReason(frozen)}`;
  return [
    `group ${id}: ${name}, ${channels} channels${state}`,
    ...uses.map(
      ({ node, operator, value, role, axis, count }) =>
        `  ${role.padEnd(7)}  ${operator} ${node}: ${value} axis ${axis}${count > 1 ? `, ${count} slices per channel` : ''}`,
    ),
  ];
}
