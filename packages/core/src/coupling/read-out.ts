// Reads the ledger out: ids become classes, classes become groups, and what cannot be cut by itself is frozen.

import type { TracedModel } from '../graph/traced-model.ts';
import { compress, extentAxes, type LabelTensor } from '../labels/label-tensor.ts';
import { operatorOf } from '../ops/table.ts';
import { findBranches } from './branches.ts';
import { type AxisLabels, type BlockConstraint, type Coupling, FIXED, type Use } from './coupling.ts';
import { findDetours } from './detour.ts';
import type { Draft } from './draft.ts';
import { formGroups } from './groups.ts';
import type { Ledger } from './ledger.ts';

/** Turns a draft into the coupling: see {@link Coupling}. */
export function readOut(traced: TracedModel, draft: Draft): Coupling {
  const { ledger } = draft;
  const { detours, tangled } = findDetours(traced, draft, freezeRagged(traced, draft));
  freezeWholeAxes(traced, draft, tangled);
  freezeUnproduced(draft);

  const classAt = new Int32Array(ledger.size).fill(FIXED);
  const frozen: number[] = [];
  const classOf = (id: number): number => {
    if (id < 0) return FIXED;
    const root = ledger.find(id);
    if (classAt[root] === FIXED) classAt[root] = frozen.push(ledger.reasonOf(root)) - 1;
    return classAt[root]!;
  };
  const toClasses = memoise((ids: Int32Array): Int32Array => ids.map(classOf));

  const uses: readonly Use[] = draft.uses.map((use, id) => ({ ...use, id, labels: toClasses(use.flow) }));
  const constraints: readonly BlockConstraint[] = draft.constraints.map((c) => ({
    ...c,
    blocks: c.blocks.map(toClasses),
  }));
  const values = new Map<string, readonly AxisLabels[]>();
  const survivors = survivorsIn(ledger);
  const vectors = memoise((tensor: LabelTensor): AxisLabels | undefined => {
    // What is spelled out over several axes varies along one of them at most, once frozen classes are FIXED.
    const { dims, data } = extentAxes(tensor).length > 1 ? survivors(tensor) : tensor;
    const [axis] = extentAxes({ dims, data });
    // A tensor whose classes all agree is frozen by now; it names no axis of its own.
    return axis === undefined ? undefined : { axis, labels: toClasses(data) };
  });
  for (const [name, tensors] of draft.labels) {
    if (tangled.has(name)) continue;
    values.set(
      name,
      tensors.flatMap((tensor) => vectors(tensor) ?? []),
    );
  }
  const tangledClasses = new Map(
    [...tangled].map(([name, { dims, data }]) => [name, { dims, data: toClasses(data) }]),
  );
  const { groups, groupOf } = formGroups(frozen, uses, ledger.steps);
  const coupled = {
    classes: frozen.map((reason, id) => ({ id, group: groupOf[id]!, frozen: reason })),
    groups,
    uses,
    constraints,
    flow: ledger.steps,
    reasons: ledger.reasons,
    values,
    tangled: tangledClasses,
    detours,
  };
  return { ...coupled, branches: findBranches(traced, coupled) };
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
  for (let changed = true; changed; ) {
    changed = false;
    const survivors = survivorsIn(ledger);
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
      for (const tensor of ragged) ledger.freezeAll(tensor.data, reason);
      changed = true;
    }
  }
  return tangles;
}

/** Labels as far as they can go: representatives of free classes, FIXED for the rest, on the axes where that varies. */
function survivorsIn(ledger: Ledger): (tensor: LabelTensor) => LabelTensor {
  const free = new Int32Array(ledger.size);
  for (let id = 0; id < free.length; id++) {
    const root = ledger.find(id);
    free[id] = ledger.reasonOf(root) >= 0 ? FIXED : root;
  }
  const canGo = (id: number): boolean => id >= 0 && free[id] !== FIXED;
  return memoise(({ dims, data }: LabelTensor): LabelTensor => {
    if (!some(data, canGo)) return { dims: dims.map(() => 1), data: Int32Array.of(FIXED) };
    return compress({ dims, data: data.map((id) => (id < 0 ? FIXED : free[id]!)) });
  });
}

/** Array.some as a loop: label tensors of detection heads hold millions of ids. */
function some(ids: Int32Array, test: (id: number) => boolean): boolean {
  for (let i = 0; i < ids.length; i++) if (test(ids[i]!)) return true;
  return false;
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
  const produced = new Uint8Array(ledger.size);
  for (const step of ledger.steps) {
    if (step.kind !== 'produce') continue;
    for (let i = 0; i < step.count; i++) produced[ledger.find(step.base + i)] = 1;
  }
  for (const step of ledger.steps) {
    if (step.kind !== 'pad') continue;
    for (let i = 0; i < step.count; i++) {
      const root = ledger.find(step.base + i);
      if (produced[root] === 1) continue;
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
