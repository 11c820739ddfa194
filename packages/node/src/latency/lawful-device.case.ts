// A device whose times follow a law that tests know: read off the models it is sent, with seeded noise instead of a clock.
import {
  createRandom,
  decodeModel,
  describeDevice,
  GraphBuilder,
  type Model,
  type Node,
  type Random,
} from '@espalier/core';
import type { Device, DeviceModel } from '../devices/device.ts';

/** What a {@link lawfulDevice} is like. */
export interface LawfulDeviceOptions {
  /** Widths up to the next multiple take as long as that; default 8. */
  readonly step?: number;
  /** The same of the widths that a layer reads; default as `step`. */
  readonly inputStep?: number;
  /** Standard deviation of a time, relative; default 0.005. */
  readonly noise?: number;
  /** A multiply-accumulate, ms; default 1e-7. */
  readonly macMs?: number;
  /** A factor on the times of models by their name; default 1 for all. */
  readonly factorOf?: (name: string) => number;
}

/** A device, and the names of all models that it was sent. */
export interface LawfulDevice extends Device {
  readonly sent: readonly string[];
  /** What a model takes without noise, ms. */
  timeOf(model: Model): number;
}

/** Calling a model; starting a layer, both ms. */
const [CALL, START] = [0.05, 0.01];

/** Layers take START + `macMs` · (rounded-up inputs · rounded-up outputs · kernel · map); everything else is free. Maps must keep the size of the input. */
export function lawfulDevice({
  step = 8,
  inputStep = step,
  noise = 0.005,
  macMs = 1e-7,
  factorOf = () => 1,
}: LawfulDeviceOptions = {}): LawfulDevice {
  const description = describeDevice({
    ...{
      name: 'the lawful device',
      runtime: 'law 1',
      provider: `steps of ${inputStep} and ${step}`,
      processor: 'none',
      os: 'none',
    },
  });
  const random = createRandom(9);
  const sent: string[] = [];
  const timeOf = (model: Model): number =>
    model.graph.nodes.reduce((sum, node) => sum + timeOfLayer(model, node, { inputStep, step, macMs }), CALL);
  return {
    description,
    sent,
    timeOf,
    async *time(models, { minRounds = 10 } = {}) {
      sent.push(...models.map(({ name }) => name));
      const times = models.map(({ name, bytes }: DeviceModel) => {
        const ms = timeOf(decodeModel(bytes)) * factorOf(name);
        return { name, rounds: Array.from({ length: minRounds }, () => [shake(ms, noise, random)]) };
      });
      yield { type: 'timed', device: description, times, warnings: [] };
    },
    close: async () => {},
  };
}

function shake(ms: number, noise: number, random: Random): number {
  return ms * (1 + noise * random.normal());
}

function timeOfLayer(
  { graph }: Model,
  node: Node,
  { inputStep, step, macMs }: Required<Pick<LawfulDeviceOptions, 'inputStep' | 'step' | 'macMs'>>,
): number {
  const weight = graph.initializers.find(({ name }) => name === node.inputs[1])?.dims ?? [];
  if (weight.length < 2) return 0;
  const map = graph.inputs[0]!.shape!.slice(2).map((dim) => Number((dim as { value: number }).value));
  const [rows, columns, ...kernel] = weight as readonly [number, number, ...number[]];
  const climb = (width: number, to: number): number => Math.ceil(width / to) * to;
  // The one column of a depthwise kernel is no width.
  const product = climb(rows, step) * (columns === 1 ? 1 : climb(columns, inputStep));
  const positions = kernel.length === 0 ? 1 : [...kernel, ...map].reduce((a, b) => a * b, 1);
  return START + macMs * product * positions;
}

/** x [1,3,16,16] → stem 32 → inner 24 → outer 32, added to the stem → depthwise 32 → late 40 → logits 5; no width of the hidden ones is free of its neighbours. */
export function lawfulNet(): Model {
  const random = createRandom(5);
  const g = new GraphBuilder();
  const weight = (...dims: number[]): string => {
    const count = dims.reduce((a, b) => a * b, 1);
    const fanIn = count / dims[0]!;
    return g.constant({
      dims,
      data: Float32Array.from({ length: count }, () => random.normal() / Math.sqrt(fanIn)),
    });
  };
  const conv = (x: string, from: number, to: number, name: string, group = 1): string => {
    const inputs = [x, weight(to, from / group, 3, 3)];
    return g.node('Relu', [g.node('Conv', inputs, { pads: [1, 1, 1, 1], group }, name)]);
  };
  const stem = conv(g.input('x', [1, 3, 16, 16]), 3, 32, 'stem');
  const sum = g.node('Add', [stem, conv(conv(stem, 32, 24, 'inner'), 24, 32, 'outer')]);
  const late = conv(conv(sum, 32, 32, 'depth', 32), 32, 40, 'late');
  const pooled = g.node('Flatten', [g.node('GlobalAveragePool', [late])]);
  g.output(g.node('Gemm', [pooled, weight(40, 5)], {}, 'logits'), [1, 5]);
  return g.model();
}
