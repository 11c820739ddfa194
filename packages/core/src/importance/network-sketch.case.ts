// A pencil for hand-made couplings: draws small networks channel by channel, as the analysis of a real graph would describe them.
import { type Coupling, FIXED, type FlowStep, type Group, type Use } from '../coupling/coupling.ts';
import { createRandom } from '../random.ts';
import type { Weight, WeightSource } from './weight-source.ts';

/** A value of the sketch: where each of its channels comes from, and its label before ties. */
export interface Channels {
  readonly flow: readonly number[];
  readonly labels: readonly number[];
}

/** What a sketch amounts to. `weight(node)` is the kernel of the node drawn as number `node`. */
export interface Sketch {
  readonly coupling: Coupling;
  readonly weights: WeightSource;
  readonly weight: (node: number) => Weight;
}

/** Starts a drawing; weights are normal numbers from the seed unless `fill` makes them. Nodes are numbered as they are drawn. */
export function startSketch(seed: number, fill?: (node: number, index: number) => number) {
  const random = createRandom(seed);
  const uses: (Omit<Use, 'labels'> & { labels: readonly number[] })[] = [];
  const flow: FlowStep[] = [];
  const weights: Weight[] = [];
  const factors = new Map<number, Float64Array>();
  const parent: number[] = [];
  const roots: number[] = [];
  let flows = 0;

  const find = (label: number): number =>
    label === FIXED || parent[label] === label ? label : find(parent[label]!);
  const tie = (a: number, b: number): void => {
    const [low, high] = [find(a), find(b)].sort((x, y) => x - y) as [number, number];
    if (low !== FIXED) parent[high] = low;
  };
  const mint = (count: number, node: number): number[] =>
    Array.from({ length: count }, () => {
      roots.push(node);
      return parent.push(parent.length) - 1;
    });
  const addWeight = (dims: readonly number[]): number => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const node = weights.length;
    const data = Float32Array.from({ length: size }, (_, i) => fill?.(node, i) ?? random.normal());
    weights.push({ dims, data });
    return node;
  };
  const addUse = (use: Omit<Use, 'id' | 'input' | 'value' | 'flow' | 'labels'> & Channels): number => {
    const value = use.role === 'pass' ? `gamma${use.node}` : `weight${use.node}`;
    uses.push({ ...use, id: uses.length, input: 1, value, flow: Int32Array.from(use.flow) });
    return uses.length - 1;
  };
  const addStep = (step: Omit<FlowStep, 'base'>): number[] => {
    const base = flows;
    flows += step.count;
    flow.push({ ...step, base });
    return Array.from({ length: step.count }, (_, i) => base + i);
  };
  const read = (
    x: Channels,
    use: Pick<Use, 'node' | 'axis' | 'kernel'>,
    groups: number,
    rows: number,
  ): void => {
    const width = x.flow.length / groups;
    for (let g = 0; g < groups; g++) {
      const [from, to] = [g * width, (g + 1) * width];
      const within = { axis: 0, from: (g * rows) / groups, to: ((g + 1) * rows) / groups };
      const part = { flow: x.flow.slice(from, to), labels: x.labels.slice(from, to) };
      addUse({ ...use, ...part, role: 'consume', ...(groups > 1 && { within }) });
    }
  };
  const produce = (count: number, use: Pick<Use, 'node' | 'axis' | 'kernel'>): Channels => {
    const labels = mint(count, use.node);
    const ids = addStep({ count, node: use.node, kind: 'produce', sources: [], use: uses.length });
    addUse({ ...use, role: 'produce', labels, flow: ids });
    return { flow: ids, labels };
  };
  const spatialAxes = (kernel: readonly number[]): number[] => kernel.map((_, i) => i + 2);

  return {
    input: (channels: number): Channels => ({
      flow: Array<number>(channels).fill(-1),
      labels: Array<number>(channels).fill(FIXED),
    }),
    /** Weight [out, in / groups, ...kernel]. */
    conv(x: Channels, out: number, kernel: readonly number[], groups = 1): Channels {
      const node = addWeight([out, x.flow.length / groups, ...kernel]);
      const layout = { out: 0, in: 1, spatial: spatialAxes(kernel), flipped: false };
      read(x, { node, axis: 1, kernel: layout }, groups, out);
      return produce(out, { node, axis: 0, kernel: layout });
    },
    /** Weight [in, out, ...kernel], run mirrored. */
    convTranspose(x: Channels, out: number, kernel: readonly number[]): Channels {
      const node = addWeight([x.flow.length, out, ...kernel]);
      const layout = { out: 1, in: 0, spatial: spatialAxes(kernel), flipped: true };
      read(x, { node, axis: 0, kernel: layout }, 1, out);
      return produce(out, { node, axis: 1, kernel: layout });
    },
    /** Weight [in, out]. */
    matmul(x: Channels, out: number): Channels {
      const node = addWeight([x.flow.length, out]);
      const layout = { out: 1, in: 0, spatial: [], flipped: false };
      read(x, { node, axis: 0, kernel: layout }, 1, out);
      return produce(out, { node, axis: 1, kernel: layout });
    },
    /** Weight [in · multiplier, 1, ...kernel]; outputs of one input are one channel. */
    depthwise(x: Channels, kernel: readonly number[], multiplier = 1): Channels {
      const repeat = (list: readonly number[]) => list.flatMap((id) => Array<number>(multiplier).fill(id));
      const count = x.flow.length * multiplier;
      const node = addWeight([count, 1, ...kernel]);
      const layout = { out: 0, in: 1, spatial: spatialAxes(kernel), flipped: false };
      const [source, labels] = [repeat(x.flow), repeat(x.labels)];
      addUse({ node, axis: 0, kernel: layout, role: 'consume', labels, flow: source });
      const step = { count, node, kind: 'depthwise' as const, sources: [Int32Array.from(source)] };
      const ids = addStep({ ...step, use: uses.length });
      addUse({ node, axis: 0, kernel: layout, role: 'produce', labels, flow: ids });
      return { flow: ids, labels };
    },
    /** A BatchNormalization whose γ is the node's weight and whose factor is γ · `gain`. */
    scale(x: Channels, gain = 1): Channels {
      const count = x.flow.length;
      const node = addWeight([count]);
      factors.set(
        node,
        Float64Array.from(weights[node]!.data, (gamma) => gamma * gain),
      );
      const use = addUse({ node, axis: 0, role: 'pass', labels: x.labels, flow: x.flow });
      const ids = addStep({ count, node, kind: 'scale', sources: [Int32Array.from(x.flow)], use });
      return { flow: ids, labels: x.labels };
    },
    add(...terms: readonly [Channels, ...Channels[]]): Channels {
      const [first] = terms;
      for (const term of terms) for (const [i, label] of term.labels.entries()) tie(first.labels[i]!, label);
      const sources = terms.map((term) => Int32Array.from(term.flow));
      const ids = addStep({ count: first.flow.length, node: weights.length, kind: 'sum', sources });
      return { flow: ids, labels: first.labels };
    },
    concat: (...parts: readonly Channels[]): Channels => ({
      flow: parts.flatMap((part) => part.flow),
      labels: parts.flatMap((part) => part.labels),
    }),
    /** `count` channels of constants. */
    pad(count: number): Channels {
      return { flow: addStep({ count, node: -1, kind: 'pad', sources: [] }), labels: mint(count, -1) };
    },
    /** Every channel `size` times in a row. */
    flatten: (x: Channels, size: number): Channels => ({
      flow: x.flow.flatMap((id) => Array<number>(size).fill(id)),
      labels: x.labels.flatMap((label) => Array<number>(size).fill(label)),
    }),
    finish(): Sketch {
      const tops = parent.map((_, label) => label).filter((label) => find(label) === label);
      const classOf = (label: number): number => (label === FIXED ? FIXED : tops.indexOf(find(label)));
      const labelled: Use[] = uses.map((use) => ({ ...use, labels: Int32Array.from(use.labels, classOf) }));
      const byKey = new Map<string, { ids: number[]; incidence: Map<number, number> }>();
      for (const id of tops.keys()) {
        const incidence = new Map<number, number>();
        for (const use of labelled) {
          const count = use.labels.filter((label) => label === id).length;
          if (count > 0) incidence.set(use.id, count);
        }
        const key = JSON.stringify([...incidence]);
        byKey.set(key, { ids: [...(byKey.get(key)?.ids ?? []), id], incidence });
      }
      const groups: Group[] = [...byKey.values()].map(({ ids, incidence }, id) => ({
        id,
        classes: Int32Array.from(ids),
        root: Math.max(-1, Math.min(...parent.flatMap((_, l) => (classOf(l) === ids[0] ? roots[l]! : [])))),
        incidence: [...incidence].map(([use, count]) => ({ use, count })),
        frozen: false,
        reason: -1,
      }));
      const classes = tops.map((_, id) => {
        return { id, group: groups.findIndex((group) => group.classes.includes(id)), frozen: -1 };
      });
      const none = {
        constraints: [],
        reasons: [],
        values: new Map(),
        tangled: new Map(),
        detours: [],
        branches: [],
      };
      return {
        coupling: { classes, groups, uses: labelled, flow, ...none },
        weights: {
          read: (node, input) => (input === 1 ? weights[node] : undefined),
          scaleFactors: (step) => factors.get(step.node),
        },
        weight: (node) => weights[node]!,
      };
    },
  };
}
