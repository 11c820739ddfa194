// Whole networks' gradients against PyTorch's: tests/oracle/gradients.py says how the numbers were made.
import { readFileSync } from 'node:fs';
import { GraphBuilder, type NdArray, traceModel } from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { plainChoices } from '../packages/core/src/autodiff/convolution-choices.ts';
import { differentiate, writeForward } from '../packages/core/src/autodiff/differentiate.ts';
import { Emitter } from '../packages/core/src/autodiff/emitter.ts';
import { expectClose } from '../packages/core/src/autodiff/gradient-check.case.ts';
import { type OracleNetwork, oracleNetworks } from './fixtures/oracle-networks.ts';

interface StoredArray {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

interface OracleRecord {
  readonly output: StoredArray;
  readonly loss: StoredArray;
  readonly values: Readonly<Record<string, StoredArray>>;
  readonly gradients: Readonly<Record<string, StoredArray>>;
}

const path = new URL('./oracle/gradients.json', import.meta.url);
const oracle: { readonly networks: Readonly<Record<string, OracleRecord>> } = JSON.parse(
  readFileSync(path, 'utf8'),
);
const engine = createOrtEngine();
const arrayOf = ({ dims, data }: StoredArray): NdArray => ({
  type: 'float32',
  dims,
  data: Float32Array.from(data),
});

/** The output and the gradients of all values, as espalier's training graph computes them. */
async function computeGradients(draw: OracleNetwork, record: OracleRecord, contrib: boolean) {
  const g = new GraphBuilder();
  const values = Object.entries(record.values);
  for (const [name, array] of values) {
    if (name === 'x') g.input(name, array.dims);
    else g.constant(arrayOf(array), name);
  }
  const output = draw(g, 'x');
  g.output(output);
  const traced = await traceModel(g.model(), engine);
  const training = new GraphBuilder({ domains: { 'com.microsoft': 1 } });
  training.reserve(traced.nodes.flatMap((node) => node.outputs));
  const given = new Map(values.map(([name, { dims }]) => [name, training.input(name, dims)]));
  const forward = writeForward({
    traced,
    emit: new Emitter(training, { opset: traced.opset, contrib }),
    choices: plainChoices,
    targets: [output],
    given,
    normalization: 'batch',
  });
  const seeds = new Map([[output, training.constant(arrayOf(record.loss))]]);
  const gradients = differentiate(forward, seeds, new Set(given.keys()));
  training.output(forward.values.get(output)!);
  const names = new Map([...gradients].map(([name, value]) => [name, training.node('Identity', [value])]));
  for (const name of names.values()) training.output(name);
  const session = await engine.load(training.model(), { threads: 1 });
  try {
    const feeds = Object.fromEntries(values.map(([name, array]) => [name, arrayOf(array)]));
    const results = await session.run(feeds);
    return {
      output: results[forward.values.get(output)!],
      gradient: (name: string) => results[names.get(name) ?? ''],
    };
  } finally {
    await session.close();
  }
}

it('every network has its numbers', () => {
  expect(Object.keys(oracleNetworks)).toEqual(Object.keys(oracle.networks));
});

describe.each(Object.entries(oracle.networks))('%s', (name, record) => {
  it.each([false, true])("computes PyTorch's gradients (runtime's own operators: %s)", async (contrib) => {
    const found = await computeGradients(oracleNetworks[name]!, record, contrib);
    expectClose('output', found.output, record.output.data, 1e-5);
    for (const [value, { data }] of Object.entries(record.gradients)) {
      expectClose(`d ${value}`, found.gradient(value), data, 1e-4);
    }
  });
});
