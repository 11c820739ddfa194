// `groups` as text: every group in words, what is frozen and why, then the connectivity graph as a table.
import type { GroupsDocument } from '../documents/groups-document.ts';
import { foldList, foldNumbers, foldSum } from '../output/fold-list.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatNumberOf } from '../output/units.ts';
import { wrapText } from '../output/wrap-text.ts';
import { formatReason } from './inspect-report.ts';

type Group = GroupsDocument['groups'][number];
/** Filters of every node by its name, over all groups. */
type Filters = ReadonlyMap<string, number>;
type Row = GroupsDocument['connectivity'][number];

/** Width of a paragraph, characters. */
const WIDTH = 100;
const INDENT = 2;

/** Longer lists are folded: names in a sentence, readers in a cell of the table, terms and numbers. */
const SHOWN_NAMES = 6;
const SHOWN_READERS = 3;
const SHOWN_NUMBERS = 6;

/** Lines of the report. */
export function formatGroups(
  { metrics, connectivity, groups }: GroupsDocument,
  paint: Paint,
): readonly string[] {
  const free = groups.filter((group) => group.frozen === undefined);
  const frozen = groups.filter((group) => group.frozen !== undefined);
  const filters = countFilters(groups);
  return [
    `${formatNumberOf(metrics.channels, 'channel')} in ${formatNumberOf(free.length, 'group')} can be cut; ` +
      `${formatNumberOf(frozen.length, 'group')} must stay. A channel goes from all places of its group or from none.`,
    ...free.flatMap((group) => [
      '',
      paint.bold(nameGroup(group)),
      ...wrapText(explain(group, filters), WIDTH, INDENT),
    ]),
    ...(frozen.length === 0 ? [] : ['', paint.bold('Groups that must stay')]),
    ...frozen.flatMap((group) => [
      nameGroup(group),
      ...wrapText(explainFrozen(group, filters), WIDTH, INDENT),
    ]),
    '',
    paint.bold('Connectivity: who reads whose channels'),
    ...formatConnectivity(connectivity),
    '',
    'Long lists are folded; --format json tells everything, --format dot draws it.',
  ];
}

function nameGroup({ id, channels }: Group): string {
  return `group ${id}: ${formatNumberOf(channels, 'channel')}`;
}

/** Who makes, passes on and reads the channels, how many filters each of them stands for, and why they go together. */
function explain(group: Group, filters: Filters): string {
  const { meetings } = group;
  const { makers, passed, readers } = sortMembers(group);
  const meet = meetings.map(({ node, operator }) => `${operator} '${node}'`);
  const together =
    meet.length === 0 ? [] : [`They go together because they meet in ${foldList(meet, SHOWN_NAMES)}.`];
  return [
    `${describeMakers(group, makers, filters)}; ${[...describePassed(passed), describeReaders(readers)].join('; ')}.`,
    ...describeMultiples(group),
    ...together,
    ...describeBranch(group),
  ].join(' ');
}

function explainFrozen(group: Group, filters: Filters): string {
  return `${describeMakers(group, sortMembers(group).makers, filters)}. They stay: ${formatReason(group.frozen!)}.`;
}

/** The root is marked where it is one of several, and a maker that has filters in other groups too. */
function describeMakers(group: Group, makers: readonly string[], filters: Filters): string {
  if (makers.length === 0) return 'Made by padding';
  const names = makers.map((name) => {
    const here = group.channels * filtersPerChannel(group, name);
    const all = filters.get(name)!;
    const facts = [
      ...(name === group.root && makers.length > 1 ? ['root'] : []),
      ...(here < all ? [`${here} of its ${all}`] : []),
    ];
    return facts.length === 0 ? name : `${name} (${facts.join(', ')})`;
  });
  return `Made by ${foldList(names, SHOWN_NAMES)}`;
}

/** How many filters of a node one channel of the group stands for. */
function filtersPerChannel({ uses }: Group, name: string): number {
  const made = uses.filter(({ node, role }) => node === name && role === 'produce');
  return Math.max(0, ...made.map(({ count }) => count));
}

function countFilters(groups: readonly Group[]): Filters {
  const filters = new Map<string, number>();
  for (const group of groups) {
    for (const node of new Set(group.uses.map((use) => use.node))) {
      const here = group.channels * filtersPerChannel(group, node);
      filters.set(node, (filters.get(node) ?? 0) + here);
    }
  }
  return filters;
}

function describePassed(passed: readonly string[]): readonly string[] {
  return passed.length === 0 ? [] : [`passed on by ${foldList(passed, SHOWN_NAMES)}`];
}

function describeReaders(readers: readonly string[]): string {
  return readers.length === 0 ? 'read by no weights' : `read by ${foldList(readers, SHOWN_NAMES)}`;
}

/** Behind pixel shuffles and normalizations by rows a channel is more than one filter. */
function describeMultiples(group: Group): readonly string[] {
  const count = filtersPerChannel(group, group.root);
  if (count < 2) return [];
  return [`Each channel stands for ${count} filters of ${group.root}, which go at once.`];
}

/** What goes with a group that goes altogether. */
function describeBranch({ root, branch }: Group): readonly string[] {
  if (branch === undefined) return [];
  const others = branch.filter((name) => name !== root);
  const with_ = others.length === 0 ? '' : `, with ${foldList(others, SHOWN_NAMES)}`;
  return [`All of it may go${with_}: the network goes on around it (--branches).`];
}

/** The nodes of a group by what they do; a depthwise convolution reads and makes on the same axis, so it passes on. */
function sortMembers({ uses }: Group): Readonly<Record<'makers' | 'passed' | 'readers', readonly string[]>> {
  const place = ({ node, value, axis }: Group['uses'][number]): string => `${node} ${value} ${axis}`;
  const ofRole = (role: Group['uses'][number]['role']) => uses.filter((use) => use.role === role);
  const read = new Set(ofRole('consume').map(place));
  const depthwise = new Set(
    ofRole('produce')
      .filter((use) => read.has(place(use)))
      .map(({ node }) => node),
  );
  const names = (list: Group['uses']): readonly string[] => [...new Set(list.map(({ node }) => node))];
  return {
    makers: names(ofRole('produce').filter(({ node }) => !depthwise.has(node))),
    passed: names(uses.filter(({ node, role }) => role === 'pass' || depthwise.has(node))),
    readers: names(ofRole('consume').filter(({ node }) => !depthwise.has(node))),
  };
}

function formatConnectivity(rows: readonly Row[]): readonly string[] {
  const joined = new Set(rows.filter(({ sizes }) => sizes.length > 0).map(({ node }) => node));
  return formatTable(
    [
      { head: 'node' },
      { head: 'operator' },
      { head: 'slots of its input' },
      { head: 'read by (node:slots)' },
    ],
    rows.map(({ node, operator, consumers, sizes }) => [
      node,
      operator,
      foldSum(sizes, SHOWN_NUMBERS) || '-',
      formatReaders(consumers, joined) || '-',
    ]),
  );
}

/** Each reader once; its slots only where its input is a concatenation. */
function formatReaders(consumers: Row['consumers'], joined: ReadonlySet<string>): string {
  const slots = new Map<string, number[]>();
  for (const { node, slot } of consumers) slots.set(node, [...(slots.get(node) ?? []), slot]);
  const readers = [...slots].map(([node, numbers]) =>
    joined.has(node) ? `${node}:${foldNumbers(numbers, SHOWN_NUMBERS)}` : node,
  );
  return foldList(readers, SHOWN_READERS);
}
