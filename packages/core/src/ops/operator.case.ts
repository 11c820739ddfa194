// One operator under the lens: a tiny network says which channels go together, is cut at random and proven.
import { createOrtEngine } from '@espalier/node';
import { expect, it } from 'vitest';
import { analyseCoupling } from '../coupling/analyse.ts';
import { type Coupling, FIXED } from '../coupling/coupling.ts';
import { keepAll } from '../coupling/survivors.ts';
import type { AttributeValues } from '../graph/attribute-value.ts';
import { GraphBuilder, type GraphBuilderOptions } from '../graph/builder.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import { listCuts, rootLabels } from '../plan/cuts.ts';
import { prepareLimits } from '../plan/limits.ts';
import { createRandom } from '../random.ts';
import { cutModel } from '../surgery/cut-model.ts';
import { traceModel } from '../trace/trace.ts';
import { describeVerification, verifyCut } from '../verify/verify-cut.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SEEDS = [1, 2, 3];
const engine = createOrtEngine();

/** What a case draws with: the builder and the pieces that nearly every network needs. */
export interface Pencil {
  readonly g: GraphBuilder;
  /** A constant of standard normal numbers. */
  weight(...dims: readonly number[]): string;
  /** A convolution with a bias; the name is the layer's. */
  conv(name: string, x: string, dims: readonly number[], attributes?: AttributeValues): string;
  /** A node with one output. */
  op(opType: string, inputs: readonly string[], attributes?: AttributeValues): string;
}

/** A network and what must be found in it. */
export interface CutCase extends GraphBuilderOptions {
  /** Dims of the input `x`, default [1, 3, 6, 6]; a string is a dynamic size. */
  readonly input?: readonly (number | string)[];
  /** Draws the network and names its outputs. */
  readonly draw: (pencil: Pencil, x: string) => string | readonly string[];
  /**
   * A letter per output channel of every layer by its node's name: equal letters go together, a dot is frozen. Layers that are frozen
   * as outputs of the model alone are left out.
   */
  readonly channels: Readonly<Record<string, string>>;
  /** Why channels are frozen, `Softmax mixes all channels`; outputs of the model are left out. Default: nothing is frozen. */
  readonly reasons?: readonly string[];
  /** The random inputs cannot prove every value (it is constant, say): only a failure counts. */
  readonly silent?: boolean;
}

/** Draws a network with weights from a fixed seed. */
export function drawModel({ input = [1, 3, 6, 6], draw, ...options }: Omit<CutCase, 'channels'>): Model {
  const g = new GraphBuilder(options);
  const random = createRandom(7);
  const weight = (...dims: readonly number[]): string => {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.normal());
    return g.constant({ dims, data });
  };
  const pencil: Pencil = {
    g,
    weight,
    conv(name, x, dims, attributes = {}) {
      return g.node('Conv', [x, weight(...dims), weight(dims[0]!)], attributes, name);
    },
    op: (opType, inputs, attributes) => g.node(opType, inputs, attributes),
  };
  for (const value of [draw(pencil, g.input('x', input))].flat()) g.output(value);
  return g.model();
}

/** Registers a test: the network's channels are as stated, and random cuts of it are proven. */
export function describeCut(name: string, stated: CutCase): void {
  it(name, async () => {
    const traced = await traceModel(drawModel(stated), engine);
    const coupling = analyseCoupling(traced);
    expect(drawChannels(traced, coupling)).toEqual(stated.channels);
    expect(listReasons(traced, coupling)).toEqual(stated.reasons ?? []);
    if (!Object.values(stated.channels).some((letters) => /[a-z]/i.test(letters))) return;
    for (const seed of SEEDS) await proveRandomCut(traced, coupling, seed, stated.silent === true);
  });
}

/** Letters of every layer's output channels: see {@link CutCase.channels}. */
export function drawChannels(traced: TracedModel, coupling: Coupling): Readonly<Record<string, string>> {
  const letters = new Map<number, string>();
  const letterOf = (label: number): string => {
    if (label === FIXED || coupling.classes[label]!.frozen >= 0) return '.';
    const letter = letters.get(label) ?? LETTERS[letters.size]!;
    letters.set(label, letter);
    return letter;
  };
  const roots = [
    ...new Set(coupling.uses.filter((u) => u.role === 'produce' && u.kernel).map((u) => u.node)),
  ];
  return Object.fromEntries(
    roots.flatMap((root): [string, string][] => {
      const labels = rootLabels(coupling, root);
      const output = (label: number): boolean =>
        label !== FIXED && coupling.reasons[coupling.classes[label]!.frozen]?.node === -1;
      if (labels.every(output)) return [];
      return [[traced.nodes[root]!.name ?? nodeId(traced.nodes[root]!), labels.map(letterOf).join('')]];
    }),
  );
}

/** Sentences about every channel of a layer that is frozen, but for outputs of the model. */
export function listReasons(traced: TracedModel, coupling: Coupling): readonly string[] {
  const produced = coupling.uses.filter((use) => use.role === 'produce' && use.kernel);
  const ids = new Set(produced.flatMap((use) => [...use.labels].filter((label) => label !== FIXED)));
  const reasons = [...ids].flatMap((id) => coupling.reasons[coupling.classes[id]!.frozen] ?? []);
  const sentences = reasons
    .filter((r) => r.node >= 0)
    .map((r) => `${traced.nodes[r.node]!.opType} ${r.text}`);
  return [...new Set(sentences)];
}

async function proveRandomCut(
  traced: TracedModel,
  coupling: Coupling,
  seed: number,
  silent: boolean,
): Promise<void> {
  const random = createRandom(seed);
  const scores = Float64Array.from(coupling.classes, () => random.next());
  const wished = keepAll(coupling).map(() => (random.next() < 0.6 ? 0 : 1));
  const keep = prepareLimits(traced, coupling, scores, {}).apply(wished);
  const cuts = listCuts(traced, coupling, keep);
  const pruned = await cutModel(traced, coupling, keep, engine);
  const proof = await verifyCut(traced, coupling, keep, cuts, pruned, engine, { seed });
  const report = describeVerification(proof).join('\n');
  expect(proof.verdict, report).not.toBe('failed');
  if (!silent) expect(proof.verdict, report).toBe('proven');
  expect(cuts, 'the cut removes something').not.toHaveLength(0);
}
