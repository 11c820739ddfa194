import { beforeAll, describe, expect, it } from 'vitest';
import { survivingShape } from '../coupling/survivors.ts';
import { nodeId } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { analyse, dropChannels, engine } from '../plan/analysed-net.case.ts';
import { cutModel } from '../surgery/cut-model.ts';
import { type Arrays, noise, relativeError, run } from '../training/run-model.case.ts';
import { divideForLatency, type LatencyUnit } from './latency-parts.ts';
import { mixedNet } from './mixed-net.case.ts';
import { buildUnitModel, takeSpecimen, UNIT_INPUT, type UnitSpecimen } from './unit-model.ts';

const DROPPED = { stem_out: [0, 3, 5], inner_out: [1, 2], side_out: [7] };

let net: Awaited<ReturnType<typeof analyse>>;
let cut: Model;
let specimens: readonly { readonly unit: LatencyUnit; readonly specimen: UnitSpecimen }[];
beforeAll(async () => {
  net = await analyse(mixedNet());
  const { traced, coupling } = net;
  const keep = dropChannels(traced, coupling, DROPPED);
  cut = await cutModel(traced, coupling, keep, engine);
  specimens = divideForLatency(traced, coupling, 1).units.map((unit) => {
    const dims = survivingShape(traced, coupling, unit.input, keep);
    return { unit, specimen: takeSpecimen(traced, cut, unit, dims)! };
  });
});

/** Values of a model by name. */
async function valuesOf(model: Model, feeds: Arrays, names: readonly string[]) {
  const outputs = names.map((name) => ({ name, elemType: 1 }));
  return run({ ...model, graph: { ...model.graph, outputs } }, feeds);
}

/** What a model of so many copies gives. */
async function runCopies(specimen: UnitSpecimen, copies: number, data: Float32Array): Promise<Float32Array> {
  const x = { type: 'float32', dims: specimen.input, data } as const;
  return Object.values(await run(buildUnitModel(specimen, copies), { [UNIT_INPUT]: x }))[0]!;
}

describe('takeSpecimen', () => {
  it('takes what the cut left of a layer and its tail', () => {
    expect(specimens.map(({ specimen }) => specimen.nodes.map((node) => node.opType).join(' '))).toEqual([
      'Conv Relu',
      'Conv Sigmoid Mul',
      'Conv Relu',
      'Conv',
      'Conv Relu',
      'Gemm',
    ]);
    const inner = specimens[2]!.specimen;
    expect(inner.input).toEqual([1, 13, 8, 8]);
    expect(inner.constants.map(({ dims }) => dims.join('x'))).toEqual(['10x13x3x3', '10']);
  });

  it('takes nothing where the layer reads another value', () => {
    const { unit } = specimens[2]!;
    const elsewhere = { ...unit, input: 'side_out' };
    expect(takeSpecimen(net.traced, cut, elsewhere, [1, 7, 8, 8])).toBeUndefined();
  });
});

describe('buildUnitModel', () => {
  it('computes what the unit does in the cut model, averaged over the map', async () => {
    const { traced } = net;
    const names = specimens.flatMap(({ unit }) => [
      ...(unit.input === 'x' ? [] : [unit.input]),
      nodeId(traced.nodes[unit.tail.at(-1) ?? unit.layer]!),
    ]);
    const x = noise([1, 3, 8, 8], 5);
    const others = await valuesOf(cut, { x }, [...new Set(names)]);
    const values: Readonly<Record<string, Float32Array>> = { x: toFloat32(x), ...others };
    for (const { unit, specimen } of specimens.filter((each) => each.specimen.input.length === 4)) {
      const whole = values[nodeId(traced.nodes[unit.tail.at(-1) ?? unit.layer]!)]!;
      const area = 64;
      const wanted = Array.from({ length: whole.length / area }, (_, channel) =>
        whole.slice(channel * area, (channel + 1) * area).reduce((sum, value) => sum + value / area, 0),
      );
      const found = await runCopies(specimen, 1, values[unit.input]!);
      expect(relativeError(found, wanted), unit.name).toBeLessThan(1e-5);
    }
  });

  it('computes so many times as much with copies, each with numbers of its own', async () => {
    // These are homogeneous in their weights: copy n gives 1 + n/64 times what the first does.
    for (const at of [0, 2, 3]) {
      const { specimen } = specimens[at]!;
      const data = toFloat32(noise([elementCount(specimen.input)], at));
      const one = await runCopies(specimen, 1, data);
      const five = await runCopies(specimen, 5, data);
      expect(
        relativeError(
          five,
          one.map((value) => value * (5 + 10 / 64)),
        ),
      ).toBeLessThan(1e-5);
    }
  });

  it('keeps every copy a node of its own', () => {
    for (const { specimen } of specimens) {
      const { nodes, initializers } = buildUnitModel(specimen, 3).graph;
      expect(nodes).toHaveLength(3 * (specimen.nodes.length + 1) + 1);
      expect(new Set(nodes.flatMap((node) => node.outputs)).size).toBe(nodes.length);
      expect(initializers).toHaveLength(3 * specimen.constants.length);
    }
  });
});
