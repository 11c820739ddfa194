import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type Engine, GraphBuilder, type Model, type NdArray } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { profileOperators, summariseTrace, type TraceEvent } from './operator-profile.ts';

function convolutions(): Model {
  const g = new GraphBuilder();
  const weight = (o: number, i: number) =>
    g.constant({ dims: [o, i, 3, 3], data: new Float32Array(o * i * 9).fill(0.01) });
  const pads = { pads: [1, 1, 1, 1] };
  const first = g.node('Conv', [g.input('x', [1, 16, 32, 32]), weight(16, 16)], pads, 'first');
  const second = g.node('Conv', [g.node('Relu', [first], {}, 'act'), weight(64, 16)], pads, 'second');
  g.output(g.node('Softmax', [second], { axis: 1 }, 'last'), [1, 64, 32, 32]);
  const model = g.model();
  // As some exporters do: no node has a name.
  const nodes = model.graph.nodes.map(({ name: _, ...node }) => node);
  return { ...model, graph: { ...model.graph, nodes } };
}

const feeds: Readonly<Record<string, NdArray>> = {
  x: { type: 'float32', dims: [1, 16, 32, 32], data: new Float32Array(16 * 32 * 32).fill(1) },
};

describe('profileOperators', () => {
  it('gives every node of an unoptimised model its row, joined by first output', async () => {
    const profile = await profileOperators(createOrtEngine(), convolutions(), feeds, {
      optimization: 'disabled',
    });
    expect(profile.rows.map((row) => row.node).sort()).toEqual([
      'act_out',
      'first_out',
      'last_out',
      'second_out',
    ]);
    expect(profile.rows.find((row) => row.node === 'act_out')?.opType).toBe('Relu');
    expect(profile.runs).toBe(10);
    expect([...new Set(profile.rows.map((row) => row.provider))]).toEqual(['cpu']);
    expect(profile.rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1, 9);
    expect(profile.rows.map((row) => row.ms)).toEqual(
      profile.rows.map((row) => row.ms).sort((a, b) => b - a),
    );
    expect(profile.runMs).toBeGreaterThan(profile.rows[0]!.ms);
  });

  it.each(['extended', 'all'] as const)(
    'attributes fused kernels to their convolution at optimisation %s',
    async (optimization) => {
      const profile = await profileOperators(createOrtEngine(), convolutions(), feeds, {
        optimization,
        runs: 3,
      });
      const nodes = profile.rows.map((row) => row.node);
      expect(nodes).toContain('first_out');
      expect(nodes).toContain('second_out');
      expect(nodes).not.toContain('act_out');
    },
  );

  it('leaves no file behind', async () => {
    const traces = async () =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('espalier-profile-'));
    const before = await traces();
    await profileOperators(createOrtEngine(), convolutions(), feeds, { runs: 1 });
    await expect(profileOperators(createOrtEngine(), convolutions(), {}, { runs: 1 })).rejects.toThrow(/'x'/);
    expect(await traces()).toEqual(before);
  });

  it('says when an engine has no profiler', async () => {
    const real = createOrtEngine();
    const engine: Engine = {
      ...real,
      async load(model) {
        const session = await real.load(model);
        return {
          inputs: session.inputs,
          outputs: session.outputs,
          run: (given) => session.run(given),
          close: () => session.close(),
        };
      },
    };
    await expect(profileOperators(engine, convolutions(), feeds)).rejects.toMatchObject({
      code: 'bench.no-profiler',
    });
  });
});

describe('summariseTrace', () => {
  const run = (ts: number, dur: number): TraceEvent => ({
    cat: 'Session',
    name: 'model_run',
    ts,
    dur,
    args: {},
  });
  const kernel = (name: string, ts: number, dur: number, op_name: string): TraceEvent => ({
    cat: 'Node',
    name: `${name}_kernel_time`,
    ts,
    dur,
    args: { op_name, provider: op_name === 'Loop' ? 'CPUExecutionProvider' : 'WebGpuExecutionProvider' },
  });

  it('takes medians over the runs that count, and times inside a loop once, and tells who ran them', () => {
    const trace = [
      run(0, 1000),
      kernel('first_out', 10, 900, 'Conv'),
      ...[1, 2, 3].flatMap((i) => [
        run(i * 1000, 100 * i),
        kernel('first_out', i * 1000 + 1, 40 + i, 'Conv'),
        kernel('loop', i * 1000 + 50, 20, 'Loop'),
        kernel('body', i * 1000 + 52, 5, 'Add'),
        kernel('body', i * 1000 + 60, 5, 'Add'),
      ]),
      kernel('first_out', 9000, 7, 'Conv'),
    ];
    const profile = summariseTrace(trace, convolutions(), 1);
    expect(profile).toMatchObject({ runs: 3, runMs: 0.2 });
    expect(profile.rows).toEqual([
      {
        node: 'first_out',
        kernel: 'first_out',
        opType: 'Conv',
        provider: 'webgpu',
        ms: 0.042,
        share: expect.closeTo(42 / 62, 9),
      },
      { kernel: 'loop', opType: 'Loop', provider: 'cpu', ms: 0.02, share: expect.closeTo(20 / 62, 9) },
    ]);
  });
});
