// Where the output of a layer goes: through a straight line per channel, into a sum, up to an activation that cuts off.
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Port } from '../graph/wiring.ts';
import type { LinearLayer } from '../ops/linear/linear-layer.ts';
import { factsOf } from '../ops/node-facts.ts';
import { operatorOf } from '../ops/table.ts';

/** value = line(output) + shortcut; whoever reads it sees it clamped to the bounds. */
export interface Destination {
  readonly value: string;
  readonly line?: { readonly scale: ArrayLike<number>; readonly shift: ArrayLike<number> };
  readonly shortcut?: string;
  readonly bounds?: { readonly low: number; readonly high: number };
}

/**
 * Follows the output of a node while it has a single reader. A sum counts when its other summand can be computed from layers before this node:
 * the last branch of a residual block. A line counts only on the way to a sum or to bounds, and when none of its factors vanishes.
 */
export function findDestination(cut: TracedModel, index: number, layer: LinearLayer): Destination {
  const output = nodeId(cut.nodes[index]!);
  let found: Destination = { value: output };
  for (let reader = onlyReader(cut, output); reader; reader = onlyReader(cut, found.value)) {
    const node = cut.nodes[reader.node]!;
    const rule = operatorOf(node);
    const line = reader.slot === 0 && layer.outAxis === 1 ? rule?.affine?.(cut, node) : undefined;
    const shortcut = rule?.adds ? node.inputs[1 - reader.slot]! : undefined;
    if (line && !found.line && !found.shortcut && Array.from(line.scale).every((scale) => scale !== 0)) {
      found = { value: nodeId(node), line };
    } else if (shortcut && !found.shortcut && isSettled(cut, shortcut, found.value, index)) {
      found = { ...found, value: nodeId(node), shortcut };
    } else break;
  }
  const bounds = boundsOf(cut, found.value);
  if (bounds) return { ...found, bounds };
  return found.shortcut ? found : { value: output };
}

function onlyReader(cut: TracedModel, value: string): Port | undefined {
  const readers = cut.wiring.consumers.get(value) ?? [];
  const exposed = cut.graph.outputs.some(({ name }) => name === value);
  return readers.length === 1 && readers[0]!.slot >= 0 && !exposed ? readers[0] : undefined;
}

/** Whether the other summand has the same shape and rests on no layer that comes later than the node. */
function isSettled(cut: TracedModel, shortcut: string, value: string, index: number): boolean {
  const same = String(cut.shapeOf(shortcut)) === String(cut.shapeOf(value));
  if (!same || shortcut === value || cut.kindOf(shortcut) !== 'activation') return false;
  const seen = new Set<number>();
  const open = [shortcut];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = cut.wiring.producers.get(name)?.node;
    if (maker === undefined || seen.has(maker)) continue;
    if (maker >= index && operatorOf(cut.nodes[maker]!)?.linear) return false;
    seen.add(maker);
    open.push(...cut.nodes[maker]!.inputs);
  }
  return true;
}

/** The bounds that every reader clamps the value to. */
function boundsOf(cut: TracedModel, value: string): Destination['bounds'] {
  if (cut.graph.outputs.some(({ name }) => name === value)) return undefined;
  const readers = cut.wiring.consumers.get(value) ?? [];
  const bounds = readers.map(({ node, slot }) =>
    slot === 0 ? operatorOf(cut.nodes[node]!)?.clamps?.(factsOf(cut, node)) : undefined,
  );
  const [first] = bounds;
  const agreed = first && bounds.every((other) => other?.low === first.low && other.high === first.high);
  return agreed ? first : undefined;
}
