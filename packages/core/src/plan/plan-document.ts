// Between a choice of classes and the plan document: writing it, reading it back, and applying what a person has edited.
import { compatibleBranches, deadNodes, goneBranches } from '../coupling/branches.ts';
import type { Coupling } from '../coupling/coupling.ts';
import { type KeepMask, keepAll, keptPositions, stays } from '../coupling/survivors.ts';
import { EspalierError } from '../errors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import { groupBy } from '../group-by.ts';
import { suggestName } from '../suggest-name.ts';
import { listCuts, listPlanGroups, rootLabels } from './cuts.ts';
import { findSchemaProblem } from './json-schema.ts';
import { PLAN_VERSION, type Plan, type PlanGroup } from './plan.ts';
import { planSchema } from './plan-schema.ts';

/** The plan of a choice: its groups, and the cuts that follow from them. */
export function makePlan(
  traced: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  about: Pick<Plan, 'model' | 'made'> = {},
): Plan {
  return {
    version: PLAN_VERSION,
    ...about,
    groups: listPlanGroups(traced, coupling, keep),
    cuts: listCuts(traced, coupling, keep),
  };
}

/** A parsed JSON document as a plan. Error: `plan.invalid` (usage), naming the path. */
export function readPlan(json: unknown): Plan {
  const problem = findSchemaProblem(planSchema, json);
  if (!problem) return json as Plan;
  const { path, found, expected } = problem;
  throw new EspalierError({
    kind: 'usage',
    code: 'plan.invalid',
    message: `The plan is not valid: ${path === '' ? 'the document' : `'${path}'`} is ${found}, expected ${expected}.`,
    hint: 'docs/plan.md describes the document; `espalier prune --save-plan` writes one.',
  });
}

/**
 * The classes that a plan keeps. Its groups alone decide; the cuts follow from them and are not looked at. Error: `plan.not-applicable` (usage) when the
 * plan names roots or channels the model does not have, takes frozen channels, empties a layer, or leaves the blocks of a grouped
 * convolution unequal.
 */
export function keepOf(traced: TracedModel, coupling: Coupling, plan: Plan): KeepMask {
  const keep = keepAll(coupling);
  const roots = new Map(
    coupling.groups.flatMap(({ root }) => (root < 0 ? [] : [[nodeId(traced.nodes[root]!), root] as const])),
  );
  for (const group of plan.groups) {
    const root = roots.get(group.root);
    if (root === undefined) throw unknownRoot(traced, coupling, group.root, [...roots.keys()]);
    for (const label of removedClasses(traced, coupling, group, root)) keep[label] = 0;
  }
  refuseEmptied(traced, coupling, keep);
  refuseUnequalBlocks(traced, coupling, keep);
  return keep;
}

function removedClasses(
  traced: TracedModel,
  coupling: Coupling,
  { root: name, channels, removed }: PlanGroup,
  root: number,
): readonly number[] {
  const labels = rootLabels(coupling, root);
  if (channels !== labels.length) {
    throw notApplicable(`gives '${name}' ${channels} channels, where the model has ${labels.length}`);
  }
  return removed.map((channel) => {
    const label = labels[channel];
    if (label === undefined) {
      throw notApplicable(`removes channel ${channel} of '${name}', which has ${channels}`);
    }
    const reason = coupling.reasons[coupling.classes[label]!.frozen];
    if (!reason) return label;
    const node = traced.nodes[reason.node];
    const holder = node ? `${node.opType} '${nodeId(node)}'` : `'${reason.value}'`;
    throw notApplicable(
      `removes channel ${channel} of '${name}', which is frozen because ${holder} ${reason.text}`,
    );
  });
}

/** Branches may go altogether, one of those that meet at a node. */
function refuseEmptied(traced: TracedModel, coupling: Coupling, keep: KeepMask): void {
  const dead = deadNodes(traced, compatibleBranches(goneBranches(coupling, keep)));
  for (const [value, axes] of coupling.values) {
    for (const vectors of groupBy(axes, ({ axis }) => axis).values()) {
      const kept = keptPositions(
        vectors.map(({ labels }) => labels),
        keep,
      );
      const { node } = traced.wiring.producers.get(value)!;
      if (kept?.length !== 0 || dead.has(node)) continue;
      throw notApplicable(`leaves no channel of '${value}', made by ${traced.nodes[node]!.opType}`);
    }
  }
}

/** Every block of a grouped convolution keeps as many inputs, and as many outputs, as the others, or goes as a whole. */
function refuseUnequalBlocks(traced: TracedModel, coupling: Coupling, keep: KeepMask): void {
  for (const [node, constraints] of groupBy(coupling.constraints, ({ node }) => node)) {
    const counts = constraints.map(({ blocks }) =>
      blocks.map((labels) => labels.reduce((sum, label) => sum + (stays(keep, label) ? 1 : 0), 0)),
    );
    const first = counts[0]!;
    for (const [i, mine] of counts.entries()) {
      const alive = mine.filter((count) => count > 0);
      const together = mine.every((count, block) => count > 0 === first[block]! > 0);
      if (together && alive.every((count) => count === alive[0])) continue;
      const side = constraints[i]!.side === 'in' ? 'input' : 'output';
      throw notApplicable(
        `leaves the blocks of the grouped convolution '${nodeId(traced.nodes[node]!)}' ${mine.join(', ')} ${side} channels; they must be equal`,
      );
    }
  }
}

function unknownRoot(
  traced: TracedModel,
  coupling: Coupling,
  name: string,
  roots: readonly string[],
): EspalierError {
  const node = traced.nodes.findIndex((candidate) => nodeId(candidate) === name);
  const group = coupling.groups.find(
    ({ root, incidence }) =>
      root >= 0 &&
      incidence
        .map(({ use }) => coupling.uses[use]!)
        .some((use) => use.node === node && use.role === 'produce'),
  );
  const near = group ? nodeId(traced.nodes[group.root]!) : suggestName(name, roots);
  return notApplicable(
    `names the root '${name}', which is no root of this model`,
    group ? `Its channels go with those of '${near}'.` : near && `Did you mean '${near}'?`,
  );
}

function notApplicable(what: string, hint?: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'plan.not-applicable',
    message: `The plan does not fit the model: it ${what}.`,
    hint: hint ?? '`espalier groups` lists the roots, their channels and what is frozen.',
  });
}
