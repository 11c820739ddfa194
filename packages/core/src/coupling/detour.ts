// Detours around tangled values: a chain of pure movement between two values with box-shaped kept sets is one Gather, whose indices
// are found by pushing positions (an iota) through the chain.

import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { alongAxis, compress, extentAxes, type LabelTensor, NONE } from '../labels/label-tensor.ts';
import { factsOf } from '../ops/node-facts.ts';
import { operatorOf } from '../ops/table.ts';
import type { Detour } from './coupling.ts';
import type { Draft } from './draft.ts';

/** Padding comes from nowhere. */
const nothing = (count: number): Int32Array => new Int32Array(count).fill(NONE);

/**
 * Detours for every chain through `tangles`, and the tangles that have them: where no Gather along one axis can replace a chain, its
 * classes are frozen and it is no tangle any more.
 */
export function findDetours(
  traced: TracedModel,
  draft: Draft,
  tangles: ReadonlyMap<string, LabelTensor>,
): { readonly detours: readonly Detour[]; readonly tangled: ReadonlyMap<string, LabelTensor> } {
  const detours: Detour[] = [];
  const refused = new Set<string>();
  const entrances = new Set(
    [...tangles.keys()].flatMap((name) => {
      const source = traced.nodes[traced.wiring.producers.get(name)!.node]!.inputs[0]!;
      return tangles.has(source) ? [] : [source];
    }),
  );
  for (const from of entrances) {
    const axis = extentAxes(draft.labels.get(from)?.[0] ?? { dims: [], data: new Int32Array() })[0];
    if (axis === undefined) continue;
    const shape = tracedShape(traced, from);
    const iota = alongAxis(
      shape.length,
      axis,
      Int32Array.from({ length: shape[axis]! }, (_, i) => i),
    );
    const rest = shape.toSpliced(axis, 1);
    const follow = (value: string, positions: LabelTensor, through: readonly string[]): void => {
      for (const { node: index } of traced.wiring.consumers.get(value) ?? []) {
        const node = traced.nodes[index]!;
        const move = operatorOf(node)?.move;
        if (!move) continue;
        const moved = move({ ...factsOf(traced, index), fresh: nothing }, positions);
        for (const [output, to] of node.outputs.entries()) {
          if (!moved || to === '') continue;
          if (tangles.has(to)) {
            follow(to, moved[output]!, [...through, to]);
            continue;
          }
          if (through.length === 0) continue;
          const seen = compress(moved[output]!);
          const axes = extentAxes(seen);
          const shapeTo = tracedShape(traced, to);
          const sameRest = shapeTo.toSpliced(axis, 1).every((size, i) => size === rest[i]);
          const alongAxisOnly = axes.length === 1 && axes[0] === axis && shapeTo.length === shape.length;
          // A Gather cannot make padding.
          if (alongAxisOnly && sameRest && !seen.data.includes(NONE)) {
            detours.push({ from, to, axis, positions: seen.data, through });
          } else refuse(index, to, through);
        }
      }
    };
    follow(from, iota, []);
  }
  return {
    detours: detours.filter((detour) => !detour.through.some((name) => refused.has(name))),
    tangled: new Map([...tangles].filter(([name]) => !refused.has(name))),
  };

  function refuse(node: number, value: string, through: readonly string[]): void {
    const reason = draft.ledger.reason({
      node,
      opType: traced.nodes[node]!.opType,
      value,
      text: 'moves channels in a way that is not followed',
    });
    for (const name of through) {
      refused.add(name);
      draft.ledger.freezeAll(tangles.get(name)?.data ?? new Int32Array(), reason);
    }
  }
}
