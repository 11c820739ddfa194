// Which values of a model show what its filters make and what its weights read: where activations are observed.
import { type AxisLabels, type Coupling, FIXED, type Use } from '../coupling/coupling.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { isFilterBank, isReader } from './filter-view.ts';
import { createFlowIndex } from './flow-paths.ts';

/** A value in which the channels of a use can be seen. */
export interface ObservedValue {
  /** Id of the use. */
  readonly use: number;
  /** Name of the value, its channel axis, and where on that axis each position of the use lies. */
  readonly value: string;
  readonly axis: number;
  readonly positions: Int32Array;
}

/**
 * The feature maps of every weight whose filters make channels that can be cut: the output of the last node that only maps the
 * weight's output element by element (batch normalization, activation, a gate made of the value itself), or that output itself where it is
 * read by a sum or anything else.
 */
export function findFeatureMaps(traced: TracedModel, coupling: Coupling): readonly ObservedValue[] {
  const find = createFlowIndex(coupling);
  const weights = new Set(coupling.uses.filter((use) => use.kernel).map((use) => use.node));
  return coupling.uses
    .filter((use) => isFilterBank(use) && isCuttable(coupling, use))
    .flatMap((use) => {
      const [output = ''] = traced.nodes[use.node]!.outputs;
      const places = Array.from(use.flow, find);
      const count = places[0]?.step.count;
      const along = coupling.values.get(output)?.find(({ labels }) => labels.length === count);
      if (!along || places.includes(undefined)) return [];
      const value = followElementwise(traced, coupling, weights, output, along);
      return [
        { use: use.id, value, axis: along.axis, positions: Int32Array.from(places, (at) => at!.position) },
      ];
    });
}

/** What every weight reads of channels that can be cut: the data beside it, for each position along its input axis. */
export function findReadValues(traced: TracedModel, coupling: Coupling): readonly ObservedValue[] {
  return coupling.uses
    .filter((use) => isReader(use) && isCuttable(coupling, use))
    .flatMap((use) => {
      // Blocks of a grouped weight read consecutive runs of channels.
      const { from, to } = use.within ?? { from: 0, to: 1 };
      const start = (from / (to - from)) * use.labels.length;
      const carries = ({ labels }: AxisLabels): boolean =>
        labels.length >= start + use.labels.length && use.labels.every((id, i) => id === labels[start + i]);
      for (const value of traced.nodes[use.node]!.inputs) {
        const along = traced.kindOf(value) === 'activation' && coupling.values.get(value)?.find(carries);
        if (!along) continue;
        return [{ use: use.id, value, axis: along.axis, positions: use.labels.map((_, i) => start + i) }];
      }
      return [];
    });
}

function isCuttable({ classes }: Coupling, { labels }: Use): boolean {
  return labels.some((id) => id !== FIXED && classes[id]!.frozen < 0);
}

/** Walks on as long as all readers of a value do no more than map its elements, and meet again in one value. */
function followElementwise(
  traced: TracedModel,
  coupling: Coupling,
  weights: ReadonlySet<number>,
  value: string,
  along: AxisLabels,
): string {
  const { nodes, wiring } = traced;
  const dims = String(tracedShape(traced, value));
  const mapped = [value];
  const makers = new Set<number>();
  for (const name of mapped) {
    const readers = [...(wiring.consumers.get(name) ?? [])].sort((a, b) => a.node - b.node);
    for (const { node } of readers) {
      const { inputs, outputs } = nodes[node]!;
      const [output = ''] = outputs;
      const sources = inputs.filter((input) => input !== '' && traced.kindOf(input) !== 'constant');
      const isMap =
        !makers.has(node) &&
        !weights.has(node) &&
        outputs.length === 1 &&
        sources.every((source) => mapped.includes(source)) &&
        String(traced.shapeOf(output)) === dims &&
        hasLabels(coupling, output, along);
      if (!isMap) continue;
      makers.add(node);
      mapped.push(output);
    }
  }
  const outputs = new Set(traced.graph.outputs.map(({ name }) => name));
  const closes = (end: string): boolean => {
    const last = wiring.producers.get(end)?.node ?? -1;
    return mapped.every((name) => {
      if (name === end || (wiring.producers.get(name)?.node ?? -1) > last) return true;
      const readers = wiring.consumers.get(name) ?? [];
      return !outputs.has(name) && readers.every(({ node }) => makers.has(node) && node <= last);
    });
  };
  return mapped.findLast(closes)!;
}

function hasLabels(coupling: Coupling, value: string, { axis, labels }: AxisLabels): boolean {
  const found = coupling.values.get(value)?.filter((entry) => entry.axis === axis) ?? [];
  return found.length === 1 && found[0]!.labels.every((id, i) => id === labels[i]);
}
