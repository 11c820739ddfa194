// `groups --format dot`: the connectivity graph for Graphviz; nodes of one group share a colour.
import type { GroupsDocument } from '../documents/groups-document.ts';

/** Colours of Graphviz' scheme set312 by turns; frozen nodes stay grey. */
const COLOURS = 12;

/** Lines of a Graphviz digraph. */
export function formatDot({ connectivity, groups }: GroupsDocument): readonly string[] {
  const groupOf = new Map<string, number>();
  for (const { id, uses, frozen } of groups) {
    for (const { node, role } of uses) {
      if (role === 'produce' && frozen === undefined && !groupOf.has(node)) groupOf.set(node, id);
    }
  }
  return [
    'digraph espalier {',
    '  rankdir=LR; node [shape=box, style=filled, colorscheme=set312, fillcolor=grey90];',
    ...connectivity.map(({ node, operator, sizes }) => {
      const facts = [operator, ...(sizes.length === 0 ? [] : [`slots ${sizes.join('+')}`])];
      const group = groupOf.get(node);
      const colour = group === undefined ? '' : `, fillcolor=${(group % COLOURS) + 1}`;
      return `  ${quote(node)} [label=${quote([node, ...facts].join('\n'))}${colour}];`;
    }),
    ...connectivity.flatMap(({ node, consumers }) =>
      consumers.map(({ node: reader, slot }) => `  ${quote(node)} -> ${quote(reader)} [label="${slot}"];`),
    ),
    '}',
  ];
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
