// Runs a model piece by piece over a set of batches: keeps the values that later nodes still read, lets go of the others.
import type { Engine, LoadOptions } from '../engine/engine.ts';
import { EspalierError } from '../errors.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import { capturedValues } from '../graph/wiring.ts';
import type { Model, Node, ValueInfo } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { dataTypeOf } from '../onnx/tensor.ts';

/** One value over the whole set: an array per batch, all of one shape. */
export type BatchedValue = readonly NdArray[];

/** How a model is run piece by piece. */
export interface FrontierOptions {
  /** Values that stay even when nobody reads them any more. */
  readonly held?: readonly string[];
  readonly load?: LoadOptions;
}

/** The nodes still to run, and the values on their border. */
export class Frontier {
  readonly #engine: Engine;
  readonly #traced: TracedModel;
  readonly #producers = new Map<string, number>();
  readonly #readers = new Map<string, readonly number[]>();
  readonly #done: Uint8Array;
  readonly #live = new Map<string, BatchedValue>();
  readonly #held: ReadonlySet<string>;
  readonly #load: LoadOptions | undefined;
  #model: Model;

  /** `feeds` are the batches, by input name; all batches have the same shapes. */
  constructor(
    traced: TracedModel,
    feeds: readonly Readonly<Record<string, NdArray>>[],
    engine: Engine,
    { held = [], load }: FrontierOptions = {},
  ) {
    this.#engine = engine;
    this.#traced = traced;
    this.#held = new Set(held);
    this.#load = load;
    this.#model = traced.model;
    this.#done = new Uint8Array(traced.nodes.length);
    const alive = listAlive(traced);
    traced.nodes.forEach((node, index) => {
      for (const name of node.outputs) this.#producers.set(name, index);
      if (!alive.has(index)) return;
      for (const name of new Set(readsOf(node))) {
        this.#readers.set(name, [...(this.#readers.get(name) ?? []), index]);
      }
    });
    for (const name of Object.keys(feeds[0] ?? {})) {
      this.#live.set(
        name,
        feeds.map((feed) => feed[name]!),
      );
    }
  }

  /** Takes a model whose constants changed; its nodes keep the names of their outputs. */
  update(model: Model): void {
    this.#model = model;
  }

  /** Runs what the values need and has not run yet; what it makes stays as long as somebody reads it. */
  async advance(names: readonly string[]): Promise<readonly BatchedValue[]> {
    const pending = this.pending(names);
    const made = await this.#run(pending, names, true);
    for (const index of pending) this.#done[index] = 1;
    const found = names.map((name) => made.get(name) ?? this.#live.get(name) ?? unavailable(name));
    for (const [name, batches] of made) this.#live.set(name, batches);
    for (const name of [...this.#live.keys()]) if (!this.#isRead(name)) this.#live.delete(name);
    return found;
  }

  /** Runs what lies before the node and matters from it on, held values among it, so that what is pending begins with the node. */
  async advanceTo(node: number): Promise<void> {
    const border = [...this.#producers]
      .filter(([name, producer]) => {
        if (producer >= node || this.#done[producer] === 1) return false;
        const readers = this.#readers.get(name) ?? [];
        return this.#held.has(name) || readers.some((reader) => reader >= node);
      })
      .map(([name]) => name)
      .filter((name) => this.#traced.kindOf(name) !== 'constant');
    await this.advance(border);
  }

  /** Runs what the values need without moving on: the same nodes can run again with other weights. */
  async peek(names: readonly string[]): Promise<readonly BatchedValue[]> {
    const made = await this.#run(this.pending(names), names, false);
    return names.map((name) => made.get(name) ?? this.#live.get(name) ?? unavailable(name));
  }

  /** As {@link peek}, batch by batch: whoever has seen enough stops, and the rest is not run. */
  async *stream(names: readonly string[]): AsyncGenerator<Readonly<Record<string, NdArray>>> {
    const pending = this.pending(names);
    const made = names.filter((name) => pending.some((i) => this.#traced.nodes[i]!.outputs.includes(name)));
    const part = made.length === 0 ? undefined : await this.#open(made);
    try {
      for (let batch = 0; batch < this.#batches; batch++) {
        const values = (await part?.run(batch)) ?? {};
        yield Object.fromEntries(
          names.map((name) => [name, values[name] ?? this.#live.get(name)?.[batch] ?? unavailable(name)]),
        );
      }
    } finally {
      await part?.close();
    }
  }

  /** Nodes that the values need and that have not run yet, ascending. */
  pending(names: readonly string[]): readonly number[] {
    const found = new Set<number>();
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const index = this.#producers.get(name);
      if (this.#live.has(name) || this.#traced.kindOf(name) === 'constant' || index === undefined) continue;
      if (found.has(index) || this.#done[index] === 1) continue;
      found.add(index);
      open.push(...readsOf(this.#traced.nodes[index]!));
    }
    return [...found].sort((a, b) => a - b);
  }

  /** Whether the value is there or can still be made. */
  offers(name: string): boolean {
    const index = this.#producers.get(name);
    return this.#live.has(name) || (index !== undefined && this.#done[index] === 0);
  }

  #isRead(name: string): boolean {
    if (this.#held.has(name)) return true;
    return (this.#readers.get(name) ?? []).some((index) => this.#done[index] === 0);
  }

  async #run(
    pending: readonly number[],
    names: readonly string[],
    keep: boolean,
  ): Promise<ReadonlyMap<string, BatchedValue>> {
    if (pending.length === 0) return new Map();
    const running = new Set(pending);
    const outputs = pending
      .flatMap((index) => this.#traced.nodes[index]!.outputs)
      .filter((name) => {
        const later = (this.#readers.get(name) ?? []).some(
          (index) => !running.has(index) && this.#done[index] === 0,
        );
        return name !== '' && (names.includes(name) || (keep && (later || this.#held.has(name))));
      });
    const results = new Map<string, NdArray[]>(outputs.map((name) => [name, []]));
    const part = await this.#open(outputs);
    try {
      for (let batch = 0; batch < this.#batches; batch++) {
        const values = await part.run(batch);
        for (const name of outputs) results.get(name)!.push(values[name]!);
      }
      return results;
    } finally {
      await part.close();
    }
  }

  /** The part of the model that makes `outputs` from the live values, loaded. */
  async #open(outputs: readonly string[]) {
    const part = extractPart(this.#model, new Set(outputs), this.#live);
    const session = await this.#engine.load(part, this.#load);
    const run = (batch: number) => {
      const feeds = part.graph.inputs.map(({ name }) => [name, this.#live.get(name)![batch]!] as const);
      return session.run(Object.fromEntries(feeds), outputs);
    };
    return { run, close: () => session.close() };
  }

  get #batches(): number {
    return this.#live.values().next().value?.length ?? 0;
  }
}

/** The part of the model that makes `wanted` from the live values. */
function extractPart(
  model: Model,
  wanted: ReadonlySet<string>,
  live: ReadonlyMap<string, BatchedValue>,
): Model {
  const needed = new Set(wanted);
  const inputs = new Set<string>();
  const nodes: Node[] = [];
  for (const node of model.graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of readsOf(node)) {
      if (live.has(name) && !wanted.has(name)) inputs.add(name);
      else needed.add(name);
    }
  }
  const typed = (name: string): ValueInfo => {
    const { type, dims } = live.get(name)![0]!;
    return { name, elemType: dataTypeOf(type), shape: dims.map((value) => ({ value })) };
  };
  const { graph } = model;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: nodes.reverse(),
      initializers: graph.initializers.filter(({ name }) => needed.has(name ?? '')),
      inputs: [...inputs].map(typed),
      outputs: [...wanted].map((name) => ({ name })),
      valueInfos: [],
    },
  };
}

/** Nodes that some graph output depends on. */
function listAlive(traced: TracedModel): ReadonlySet<number> {
  const alive = new Set<number>();
  const open = traced.graph.outputs.map(({ name }) => name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const index = traced.wiring.producers.get(name)?.node;
    if (index === undefined || alive.has(index)) continue;
    alive.add(index);
    open.push(...readsOf(traced.nodes[index]!));
  }
  return alive;
}

function readsOf(node: Node): readonly string[] {
  return [...node.inputs, ...capturedValues(node)].filter((name) => name !== '');
}

function unavailable(name: string): never {
  throw new EspalierError({
    kind: 'model',
    code: 'piecewise.value-gone',
    message: `The value '${name}' was let go before it was read.`,
    hint: 'Please report the model.',
  });
}
