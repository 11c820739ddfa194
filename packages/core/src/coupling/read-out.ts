// Reads the ledger out: ids become classes, classes become groups, and what cannot be cut by itself is frozen.
import { operatorOf } from '../ops/table.ts';
import type { TracedModel } from '../trace/traced-model.ts';
import type { Draft } from './analyse.ts';
import {
  type AxisLabels,
  type BlockConstraint,
  type CoupledClass,
  type Coupling,
  FIXED,
  type LabelTensor,
  type Use,
} from './coupling.ts';
import { findDetours } from './detour.ts';
import { formGroups } from './groups.ts';
import { compress, extentAxes } from './label-tensor.ts';

/** Turns a draft into the coupling: see {@link Coupling}. */
export function readOut(traced: TracedModel, draft: Draft): Coupling {
  const { ledger } = draft;
  const tangles = freezeRagged(traced, draft);
  const detours = findDetours(traced, draft, tangles);
  freezeWholeAxes(traced, draft, tangles);
  freezeUnproduced(draft);

  const classOfRoot = new Map<number, number>();
  const classes: CoupledClass[] = [];
  const classOf = (id: number): number => {
    if (id < 0) return FIXED;
    const root = ledger.find(id);
    const known = classOfRoot.get(root);
    if (known !== undefined) return known;
    const created = classes.length;
    classes.push({ id: created, group: -1, frozen: ledger.reasonOf(root) });
    classOfRoot.set(root, created);
    return created;
  };
  const toClasses = memoise((ids: Int32Array): Int32Array => ids.map(classOf));

  const uses: readonly Use[] = draft.uses.map((use, id) => ({ ...use, id, labels: toClasses(use.flow) }));
  const constraints: readonly BlockConstraint[] = draft.constraints.map((c) => ({
    ...c,
    blocks: c.blocks.map(toClasses),
  }));
  const values = new Map<string, readonly AxisLabels[]>();
  const vectors = memoise((tensor: LabelTensor): AxisLabels | undefined => {
    const view = compress({ dims: tensor.dims, data: toClasses(tensor.data) });
    const [axis] = extentAxes(view);
    // A tensor whose classes all agree is frozen by now; it names no axis of its own.
    return axis === undefined ? undefined : { axis, labels: view.data };
  });
  for (const [name, tensors] of draft.labels) {
    if (tangles.has(name)) continue;
    values.set(
      name,
      tensors.flatMap((tensor) => vectors(tensor) ?? []),
    );
  }
  const tangled = new Map(
    [...tangles].map(([name, tensor]) => [name, { dims: tensor.dims, data: toClasses(tensor.data) }]),
  );
  const { groups, groupOf } = formGroups(classes, uses, ledger.steps);
  return {
    classes: classes.map((c) => ({ ...c, group: groupOf[c.id]! })),
    groups,
    uses,
    constraints,
    flow: ledger.steps,
    reasons: ledger.reasons,
    values,
    tangled,
    detours,
  };
}

/** One result per argument object. */
function memoise<A extends object, R>(compute: (argument: A) => R): (argument: A) => R {
  const known = new WeakMap<A, { readonly result: R }>();
  return (argument) => {
    const hit = known.get(argument);
    if (hit) return hit.result;
    const result = compute(argument);
    known.set(argument, { result });
    return result;
  };
}

/**
 * A value's kept positions must form a box. Where classes vary on two axes they need not: inside chains of pure movement that is allowed
 * (returned as tangles), elsewhere those classes are frozen.
 */
function freezeRagged(traced: TracedModel, draft: Draft): Map<string, LabelTensor> {
  const { ledger } = draft;
  const tangles = new Map<string, LabelTensor>();
  const outputs = new Set(traced.graph.outputs.map((output) => output.name));
  const moves = (node: number): boolean => operatorOf(traced.nodes[node]!)?.move !== undefined;
  const survivors = (tensor: LabelTensor): LabelTensor =>
    compress({
      dims: tensor.dims,
      data: tensor.data.map((id) => {
        const root = id < 0 ? FIXED : ledger.find(id);
        return root === FIXED || ledger.reasonOf(root) >= 0 ? FIXED : root;
      }),
    });
  for (let changed = true; changed; ) {
    changed = false;
    tangles.clear();
    for (const [name, tensors] of draft.labels) {
      const ragged = tensors.filter((t) => extentAxes(t).length > 1 && extentAxes(survivors(t)).length > 1);
      if (ragged.length === 0) continue;
      const producer = traced.wiring.producers.get(name)!.node;
      const readers = traced.wiring.consumers.get(name) ?? [];
      const reader = readers.find(
        ({ node, slot }) => slot !== 0 || !(moves(node) || readsOnlyShape(traced, node)),
      );
      if (tensors.length === 1 && !reader && !outputs.has(name) && moves(producer)) {
        tangles.set(name, tensors[0]!);
        continue;
      }
      const node = reader?.node ?? producer;
      const reason = ledger.reason({
        node,
        opType: traced.nodes[node]!.opType,
        value: name,
        text: 'works on channels spread over two axes',
      });
      for (const tensor of ragged) for (const id of tensor.data) ledger.freeze(id, reason);
      changed = true;
    }
  }
  return tangles;
}

const readsOnlyShape = (traced: TracedModel, node: number): boolean =>
  operatorOf(traced.nodes[node]!)?.readsShape !== undefined;

/** A class that covers a whole axis (or a whole block of a grouped weight) would leave it empty. */
function freezeWholeAxes(traced: TracedModel, draft: Draft, tangles: ReadonlyMap<string, LabelTensor>): void {
  const { ledger } = draft;
  const seen = new WeakSet<LabelTensor>();
  const coversAll = (ids: Int32Array): boolean => {
    const root = ids[0]! < 0 ? FIXED : ledger.find(ids[0]!);
    return root !== FIXED && ids.every((id) => id >= 0 && ledger.find(id) === root);
  };
  for (const [name, tensors] of draft.labels) {
    if (tangles.has(name)) continue;
    for (const tensor of tensors) {
      if (seen.has(tensor)) continue;
      seen.add(tensor);
      if (!coversAll(tensor.data)) continue;
      const node = traced.wiring.producers.get(name)!.node;
      const reason = ledger.reason({
        node,
        opType: traced.nodes[node]!.opType,
        value: name,
        text: 'ties all its channels together, so that none would be left',
      });
      ledger.freeze(tensor.data[0]!, reason);
    }
  }
  for (const use of draft.uses) {
    if (use.flow.length === 0 || !coversAll(use.flow)) continue;
    const reason = ledger.reason({
      node: use.node,
      opType: traced.nodes[use.node]!.opType,
      value: use.value,
      text: 'would be left without channels',
    });
    ledger.freeze(use.flow[0]!, reason);
  }
}

/** Classes that no weight produces (padding, joined constants) are nothing to gain from. */
function freezeUnproduced(draft: Draft): void {
  const { ledger } = draft;
  const produced = new Set<number>();
  for (const step of ledger.steps) {
    if (step.kind !== 'produce') continue;
    for (let i = 0; i < step.count; i++) produced.add(ledger.find(step.base + i));
  }
  for (const step of ledger.steps) {
    if (step.kind !== 'pad') continue;
    for (let i = 0; i < step.count; i++) {
      const root = ledger.find(step.base + i);
      if (produced.has(root)) continue;
      const reason = ledger.reason({
        node: step.node,
        opType: '',
        value: '',
        text: 'only pads; no weight makes these channels',
      });
      ledger.freeze(root, reason);
    }
  }
}
