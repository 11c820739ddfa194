// An analysis as the document of `groups`.
import { connectivity, type Group, nodeId } from '@espalier/core';
import type { Analysis } from '@espalier/node';
import type { GroupsDocument } from '../documents/groups-document.ts';
import { given } from '../options/given.ts';
import { describeFile, describeReason } from './describe-model.ts';
import { findMeetings } from './group-meetings.ts';

/** Describes the coupling of an analysed model. */
export function describeGroups({ file, traced, coupling }: Analysis): GroupsDocument {
  const nameOf = (node: number): string => nodeId(traced.nodes[node]!);
  const rootOf = ({ root }: Group): string => (root < 0 ? '' : nameOf(root));
  const operatorOf = (node: number): string => traced.nodes[node]!.opType;
  const meetings = findMeetings(traced, coupling);
  const branches = new Map(coupling.branches.map((branch) => [branch.group, branch.groups]));
  const cuttable = coupling.groups.filter((group) => !group.frozen);
  return {
    schema: 'espalier/groups@1',
    model: describeFile(file),
    metrics: {
      groups: cuttable.length,
      frozenGroups: coupling.groups.length - cuttable.length,
      channels: cuttable.reduce((sum, group) => sum + group.classes.length, 0),
    },
    connectivity: connectivity(traced, coupling).map((row) => ({
      node: row.name,
      operator: operatorOf(row.node),
      consumers: row.consumers.map(({ node, slot }) => ({ node: nameOf(node), slot })),
      sizes: [...row.sizes],
    })),
    groups: coupling.groups.map((group) => ({
      id: group.id,
      root: rootOf(group),
      channels: group.classes.length,
      uses: group.incidence.map(({ use, count }) => {
        const { node, value, role, axis } = coupling.uses[use]!;
        return { node: nameOf(node), operator: operatorOf(node), value, role, axis, count };
      }),
      meetings: (meetings.get(group.id) ?? []).map((node) => ({
        node: nameOf(node),
        operator: operatorOf(node),
      })),
      ...given({ branch: branches.get(group.id)?.map((id) => rootOf(coupling.groups[id]!)) }),
      ...(group.frozen && { frozen: describeReason(traced, coupling.reasons[group.reason]!) }),
    })),
  };
}
