// Branches: groups whose channels may all go, because what reads them adds to a value that goes on without them (the inner channels of
// a residual block), or is one slot of a concatenation. A branch that goes takes its layers with it.
import { nodeId, type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { capturedValues } from '../graph/wiring.ts';
import { factsOf } from '../ops/node-facts.ts';
import type { Operator } from '../ops/operator.ts';
import { operatorOf } from '../ops/table.ts';
import { type AxisLabels, type Coupling, FIXED } from './coupling.ts';
import type { KeepMask } from './survivors.ts';

/** A group that may go altogether, and what follows from that. */
export interface Branch {
  /** Index into `groups`: the group that decides. */
  readonly group: number;
  /** It, and the groups that lead to nothing but it. */
  readonly groups: readonly number[];
  /** All classes of these groups. */
  readonly classes: readonly number[];
  /** Nodes that nothing reads any more. */
  readonly dead: ReadonlySet<number>;
  /** Layers without inputs: what each makes is its bias, at every position. */
  readonly readers: readonly number[];
  /** What the readers make and what follows from that alone, with its channel axis: one number per channel. */
  readonly flat: ReadonlyMap<string, number>;
  /** Where flat values meet whole ones. */
  readonly joints: readonly Joint[];
}

/** A node that a flat value and whole ones come together at. */
export interface Joint {
  readonly node: number;
  readonly flat: readonly string[];
  /** One of them has to stay whole. */
  readonly whole: readonly string[];
  /** A sum of a whole value and a reader's: a convolution of every channel with the number 1 can take its place, with that bias. */
  readonly shifts: boolean;
}

/** What branches are found in. */
type Coupled = Omit<Coupling, 'branches'>;

/** The branches of a model, in the order of their groups. */
export function findBranches(traced: TracedModel, coupling: Coupled): readonly Branch[] {
  const emptied = valuesByGroup(coupling);
  const captured = traced.nodes.map(capturedValues);
  const constrained = new Set(
    coupling.constraints.flatMap(({ blocks }) => blocks.flatMap((ids) => [...ids])),
  );
  return coupling.groups.flatMap(({ id, root, frozen }) => {
    const values = emptied.get(id);
    if (root < 0 || frozen || !values) return [];
    const ends = followReaders(traced, captured, values);
    if (!ends) return [];
    const dead = findDead(traced, captured, values, ends.readers);
    const groups = groupsWithin(coupling, dead);
    const classes = groups.flatMap((group) => [...coupling.groups[group]!.classes]);
    const isWhole = groups.includes(id) && makeOnly(coupling, dead, new Set(groups));
    // The blocks of a grouped convolution keep equal counts, of which none is not thought of.
    if (!isWhole || classes.some((label) => constrained.has(label))) return [];
    return [{ group: id, groups, classes, dead, ...ends }];
  });
}

/** The branches that a choice takes altogether. */
export function goneBranches({ branches, groups }: Coupling, keep: KeepMask): readonly Branch[] {
  return branches.filter(({ group }) => groups[group]!.classes.every((id) => keep[id] === 0));
}

/** What is left around the branches that a choice takes altogether. */
export interface BranchRemains {
  /** Nodes that nothing reads any more. */
  readonly dead: ReadonlySet<number>;
  /** Of the other nodes, layers without inputs. */
  readonly readers: ReadonlySet<number>;
  /** Values that are one number per channel by now, with their channel axis. */
  readonly flat: ReadonlyMap<string, number>;
  /** Where these meet whole values, at nodes that are not dead. */
  readonly joints: readonly Joint[];
}

/** Looks at the branches that a choice takes as one. */
export function branchRemains(traced: TracedModel, coupling: Coupling, keep: KeepMask): BranchRemains {
  const gone = goneBranches(coupling, keep);
  const dead = deadNodes(traced, gone);
  return {
    dead,
    readers: new Set(gone.flatMap(({ readers }) => readers.filter((node) => !dead.has(node)))),
    flat: new Map(gone.flatMap(({ flat }) => [...flat])),
    joints: gone.flatMap(({ joints }) => joints.filter(({ node }) => !dead.has(node))),
  };
}

/** Nodes that nothing reads any more where all these branches are gone: those of each, and what only such nodes read. */
export function deadNodes(traced: TracedModel, gone: readonly Branch[]): ReadonlySet<number> {
  const dead = new Set(gone.flatMap((branch) => [...branch.dead]));
  if (gone.length < 2) return dead;
  const outputs = new Set(traced.graph.outputs.map(({ name }) => name));
  for (let index = traced.nodes.length - 1; index >= 0; index--) {
    if (dead.has(index)) continue;
    const names = traced.nodes[index]!.outputs;
    const readers = names.flatMap((name) => traced.wiring.consumers.get(name) ?? []);
    const isUnread = readers.length > 0 && readers.every(({ node }) => dead.has(node));
    if (isUnread && !names.some((name) => outputs.has(name))) dead.add(index);
  }
  return dead;
}

/** Those of some branches that may go together: of branches that leave nothing whole between them the first ones. */
export function compatibleBranches(branches: readonly Branch[]): readonly Branch[] {
  const chosen: Branch[] = [];
  let flat = new Set<string>();
  for (const branch of branches) {
    const union = new Set([...flat, ...branch.flat.keys()]);
    const isWhole = ({ whole }: Joint): boolean => whole.some((value) => !union.has(value));
    if (![...chosen, branch].every(({ joints }) => joints.every(isWhole))) continue;
    chosen.push(branch);
    flat = union;
  }
  return chosen;
}

/** Per group the values that have no channels but its own along some axis. */
function valuesByGroup({ values, classes }: Coupled): ReadonlyMap<number, ReadonlySet<string>> {
  const owners = new Map<Int32Array, number | undefined>();
  const ownerOf = (labels: Int32Array): number | undefined => {
    if (!owners.has(labels)) {
      const [first, ...others] = new Set(Array.from(labels, (label) => classes[label]?.group ?? FIXED));
      owners.set(labels, others.length > 0 || first === FIXED ? undefined : first);
    }
    return owners.get(labels);
  };
  const found = new Map<number, Set<string>>();
  const add = (value: string, { labels }: AxisLabels): void => {
    const owner = ownerOf(labels);
    if (owner === undefined) return;
    const mine = found.get(owner);
    if (mine) mine.add(value);
    else found.set(owner, new Set([value]));
  };
  for (const [value, axes] of values) for (const entry of axes) add(value, entry);
  return found;
}

/** Where a group is read, and where that ends; undefined where something cannot do without it. */
function followReaders(
  traced: TracedModel,
  captured: readonly ReadonlySet<string>[],
  values: ReadonlySet<string>,
): Pick<Branch, 'readers' | 'flat' | 'joints'> | undefined {
  const readers: number[] = [];
  const joints: Joint[] = [];
  let slots = 0;
  const flat = new Map<string, number>();
  for (const [index, node] of traced.nodes.entries()) {
    for (const name of captured[index]!) if (values.has(name) || flat.has(name)) return undefined;
    const empty = node.inputs.flatMap((name, input) => (values.has(name) ? [input] : []));
    const single = node.inputs.find((name) => flat.has(name));
    if (empty.length === 0 && single === undefined) continue;
    const outputs = node.outputs.filter((name) => name !== '');
    if (outputs.every((name) => values.has(name))) continue;
    const rule = operatorOf(node);
    const output = nodeId(node);
    if (!rule || outputs.length > 1) return undefined;
    if (single === undefined && rule.joins) {
      slots++;
      continue;
    }
    if (single === undefined) {
      const layer = rule.linear?.(factsOf(traced, index));
      if (layer?.groups !== 1 || empty.some((input) => input !== layer.data)) return undefined;
      readers.push(index);
      flat.set(output, layer.outAxis);
      continue;
    }
    if (empty.length > 0) return undefined;
    const met = meetFlat(traced, index, rule, single, flat);
    if (met === undefined) return undefined;
    if ('axis' in met) flat.set(output, met.axis);
    else {
      const shifts = rule.adds === true && isShift(traced, single, flat.get(single)!, readers);
      joints.push({ node: index, flat: node.inputs.filter((name) => flat.has(name)), shifts, ...met });
    }
  }
  const outputs = traced.graph.outputs.map(({ name }) => name);
  if (joints.length + slots === 0 || outputs.some((name) => flat.has(name) || values.has(name)))
    return undefined;
  return { readers, flat, joints };
}

/** What a node makes of a flat value: another one, whose channel axis is told, or what it brings together with whole ones; undefined where neither is sure. */
function meetFlat(
  traced: TracedModel,
  index: number,
  rule: Operator,
  single: string,
  flat: ReadonlyMap<string, number>,
): { readonly axis: number } | Pick<Joint, 'whole'> | undefined {
  const node = traced.nodes[index]!;
  const axis = flat.get(single)!;
  const layer = rule.linear?.(factsOf(traced, index));
  if (layer)
    return layer.inAxis === axis && isPoint(traced, single, axis) ? { axis: layer.outAxis } : undefined;
  if ((rule.affine || rule.averages) && axis === 1) return { axis };
  if (!rule.pointwise) return undefined;
  const out = tracedShape(traced, nodeId(node));
  const others = node.inputs.filter((name) => name !== '' && !flat.has(name));
  const isFlat = (name: string): boolean => {
    const shape = tracedShape(traced, name);
    const lead = out.length - shape.length;
    return (
      traced.kindOf(name) !== 'activation' && shape.every((size, at) => size === 1 || at + lead === axis)
    );
  };
  if (others.every(isFlat)) return { axis };
  const isWhole = (name: string): boolean =>
    traced.kindOf(name) === 'activation' &&
    traced.sizes.every(
      (_, size) => String(traced.shapeOf(name, size)) === String(traced.shapeOf(nodeId(node), size)),
    );
  const whole = others.filter(isWhole);
  return whole.length > 0 ? { whole } : undefined;
}

/** Whether a flat value can be the bias of a convolution: a reader's own, channels first. */
function isShift(traced: TracedModel, value: string, axis: number, readers: readonly number[]): boolean {
  const { node } = traced.wiring.producers.get(value)!;
  return readers.includes(node) && axis === 1 && tracedShape(traced, value).length > 2;
}

/** Whether a value has one position per channel in any case, as behind global pooling. */
function isPoint(traced: TracedModel, value: string, axis: number): boolean {
  return tracedShape(traced, value).every((size, at) => size === 1 || at === 0 || at === axis);
}

/** Nodes that lead nowhere once the readers read nothing. */
function findDead(
  traced: TracedModel,
  captured: readonly ReadonlySet<string>[],
  values: ReadonlySet<string>,
  readers: readonly number[],
): ReadonlySet<number> {
  const dead = new Set<number>();
  const alive = new Set(traced.graph.outputs.map(({ name }) => name));
  for (const [index, node] of [...traced.nodes.entries()].toReversed()) {
    if (!node.outputs.some((name) => alive.has(name))) {
      dead.add(index);
      continue;
    }
    if (readers.includes(index)) continue;
    for (const name of node.inputs) if (!values.has(name)) alive.add(name);
    for (const name of captured[index]!) alive.add(name);
  }
  return dead;
}

/** Groups whose channels are made by dead nodes only. */
function groupsWithin({ groups, uses }: Coupled, dead: ReadonlySet<number>): readonly number[] {
  return groups.flatMap(({ id, root, frozen, incidence }) => {
    const makers = incidence
      .map(({ use }) => uses[use]!)
      .filter(({ role, kernel }) => role === 'produce' && kernel);
    return root >= 0 && !frozen && makers.every(({ node }) => dead.has(node)) ? [id] : [];
  });
}

/** Whether dead nodes make no channels that stay: those of other groups would be counted although they are gone. */
function makeOnly(
  { uses, classes }: Coupled,
  dead: ReadonlySet<number>,
  groups: ReadonlySet<number>,
): boolean {
  return uses.every(
    ({ node, role, labels }) =>
      role !== 'produce' ||
      !dead.has(node) ||
      labels.every((label) => label !== FIXED && groups.has(classes[label]!.group)),
  );
}
