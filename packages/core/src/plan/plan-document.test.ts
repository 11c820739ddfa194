import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { keepAll } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { decodeModel, encodeModel } from '../onnx/codec.ts';
import type { Model } from '../onnx/model.ts';
import { tensorArray } from '../onnx/tensor.ts';
import { cutModel } from '../surgery/cut-model.ts';
import { verifyCut } from '../verify/verify-cut.ts';
import { zeroOriginal } from '../verify/zeroed-original.ts';
import {
  analyse,
  branchedNet,
  convOn,
  dropChannels,
  engine,
  residualNet,
  shuffleNet,
} from './analysed-net.case.ts';
import type { Plan, PlanGroup } from './plan.ts';
import { keepOf, makePlan, readPlan } from './plan-document.ts';
import { planSchema } from './plan-schema.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const page = readFileSync(join(repository, 'docs/plan.md'), 'utf8');

const planOf = (...groups: PlanGroup[]): Plan => ({ version: 1, groups, cuts: [] });

describe('makePlan', () => {
  it('writes the groups of a choice and the slices that follow from them', async () => {
    const { traced, coupling } = await analyse(residualNet());
    const keep = dropChannels(traced, coupling, { first_out: [0, 5], second_out: [11] });
    const plan = makePlan(traced, coupling, keep, { made: { macs: 0.6 } });
    expect(plan).toMatchObject({ version: 1, made: { macs: 0.6 } });
    expect(plan.groups).toEqual([
      { root: 'first_out', channels: 8, removed: [0, 5] },
      { root: 'second_out', channels: 12, removed: [11] },
    ]);
    const line = (cut: Plan['cuts'][number]): string =>
      `${cut.node} ${cut.input} ${cut.value} ${cut.role} ${cut.axis} ${cut.indices}`;
    expect(plan.cuts.map(line)).toEqual([
      'first_out 1 first.w produce 0 0,5',
      'first_out 2 first.b produce 0 0,5',
      'second_out 1 second.w consume 1 0,5',
      'second_out 1 second.w produce 0 11',
      'second_out 2 second.b produce 0 11',
      'third_out 1 third.w consume 1 0,5',
      'third_out 1 third.w produce 0 11',
      'third_out 2 third.b produce 0 11',
      'head_out 1 head.w consume 1 11',
    ]);
  });

  it('is read back, through JSON, as the same choice', async () => {
    const { traced, coupling } = await analyse(shuffleNet());
    const keep = dropChannels(traced, coupling, { grouped_out: [0, 2, 4, 6, 8, 10], first_out: [1, 5, 9] });
    const plan = makePlan(traced, coupling, keep, { model: 'a'.repeat(64), made: { ratio: 0.2 } });
    const read = readPlan(JSON.parse(JSON.stringify(plan)));
    expect(read).toEqual(plan);
    expect(keepOf(traced, coupling, read)).toEqual(keep);
  });

  it('leaves out what nobody said, and cuts nothing where everything stays', async () => {
    const { traced, coupling } = await analyse(residualNet());
    expect(makePlan(traced, coupling, keepAll(coupling))).toEqual({ version: 1, groups: [], cuts: [] });
  });
});

describe('readPlan', () => {
  it.each([
    [undefined, 'the document is undefined, expected an object'],
    [{ version: 2, groups: [], cuts: [] }, "'version' is 2, expected 1"],
    [
      { version: 1, groups: [{ root: 'a', channels: 4, removed: [1, -2] }], cuts: [] },
      "'groups[0].removed[1]' is -2",
    ],
    [{ version: 1, groups: [{ root: 'a', removed: [] }], cuts: [] }, "'groups[0].channels' is missing"],
    [{ version: 1, groups: [], cuts: [], model: 'abc' }, "'model' is 'abc'"],
    [
      {
        version: 1,
        groups: [],
        cuts: [{ node: 'a', input: 1, value: 'w', role: 'eat', axis: 0, indices: [] }],
      },
      "'cuts[0].role' is 'eat', expected 'consume' or 'produce' or 'pass'",
    ],
  ])('refuses %j', (json, message) => {
    expect(() => readPlan(json)).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'plan.invalid',
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe('keepOf', () => {
  const refused = (message: string) =>
    expect.objectContaining({
      kind: 'usage',
      code: 'plan.not-applicable',
      message: expect.stringContaining(message),
    });

  it.each<[string, PlanGroup, string]>([
    ['an unknown root', { root: 'fist_out', channels: 8, removed: [0] }, "names the root 'fist_out'"],
    [
      'another width',
      { root: 'first_out', channels: 9, removed: [0] },
      "'first_out' 9 channels, where the model has 8",
    ],
    [
      'a channel out of range',
      { root: 'first_out', channels: 8, removed: [8] },
      "channel 8 of 'first_out', which has 8",
    ],
    [
      'an output',
      { root: 'head_out', channels: 4, removed: [1] },
      "frozen because 'head_out' is an output of the model",
    ],
    [
      'a whole layer',
      { root: 'first_out', channels: 8, removed: [0, 1, 2, 3, 4, 5, 6, 7] },
      "no channel of 'first_out'",
    ],
  ])('refuses %s', async (_, group, message) => {
    const { traced, coupling } = await analyse(residualNet());
    expect(() => keepOf(traced, coupling, planOf(group))).toThrow(refused(message));
  });

  it('tells with whose channels those of a layer go that is no root', async () => {
    const { traced, coupling } = await analyse(residualNet());
    const plan = planOf({ root: 'third_out', channels: 12, removed: [0] });
    expect(() => keepOf(traced, coupling, plan)).toThrow(
      expect.objectContaining({ hint: "Its channels go with those of 'second_out'." }),
    );
    const typo = planOf({ root: 'fist_out', channels: 8, removed: [0] });
    expect(() => keepOf(traced, coupling, typo)).toThrow(
      expect.objectContaining({ hint: "Did you mean 'first_out'?" }),
    );
  });

  it('takes branches altogether, one of those without a way around them', async () => {
    const all = [0, 1, 2, 3, 4, 5];
    const keepWithout = async (net: Model, ...roots: readonly string[]) => {
      const { traced, coupling } = await analyse(net);
      const groups = roots.map((root) => ({ root, channels: 6, removed: all }));
      return makePlan(traced, coupling, keepOf(traced, coupling, planOf(...groups))).groups;
    };
    expect(await keepWithout(branchedNet(), 'inner_out')).toEqual([
      { root: 'inner_out', channels: 6, removed: all },
    ]);
    expect(await keepWithout(branchedNet(2), 'inner2_out')).toHaveLength(1);
    await expect(keepWithout(branchedNet(2), 'inner_out', 'inner2_out')).rejects.toMatchObject({
      code: 'plan.not-applicable',
    });
  });

  it('refuses blocks of unequal size, on either side', async () => {
    const { traced, coupling } = await analyse(shuffleNet());
    const inputs = planOf({ root: 'first_out', channels: 12, removed: [0, 4, 5] });
    expect(() => keepOf(traced, coupling, inputs)).toThrow(
      refused("blocks of the grouped convolution 'grouped_out' 3, 2, 4 input channels"),
    );
    // Balanced over the three blocks that make them, not over the two that read them behind the shuffle.
    const outputs = planOf({ root: 'grouped_out', channels: 12, removed: [0, 4, 8] });
    expect(() => keepOf(traced, coupling, outputs)).toThrow(refused("'mixed_out' 3, 6 input channels"));
  });

  it('drops a block of a grouped convolution whose inputs and outputs are all gone, and cuts it exactly', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g);
    const first = conv(g.input('x', [1, 3, 8, 8]), 3, 12, 'first');
    g.output(conv(conv(first, 12, 6, 'grouped', 3), 6, 4, 'head'), [1, 4, 8, 8]);
    const { traced, coupling, costs } = await analyse(g.model());
    const inputs: PlanGroup = { root: 'first_out', channels: 12, removed: [0, 1, 2, 3] };
    expect(() => keepOf(traced, coupling, planOf(inputs))).toThrow(refused('grouped'));
    const keep = keepOf(
      traced,
      coupling,
      planOf(inputs, { root: 'grouped_out', channels: 6, removed: [0, 1] }),
    );
    const { cuts } = makePlan(traced, coupling, keep);
    const pruned = await cutModel(traced, coupling, keep, engine);
    expect(await verifyCut(traced, coupling, keep, cuts, pruned, engine)).toMatchObject({
      verdict: 'proven',
    });
    const weight = pruned.graph.initializers.find(({ name }) => name === 'grouped.w')!;
    expect(weight.dims).toEqual([4, 4, 3, 3]);
    expect(costs.totals(keep).params).toBe(
      pruned.graph.initializers.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0),
    );
  });

  it('does not look at the cuts: they are derived again', async () => {
    const { traced, coupling } = await analyse(residualNet());
    const keep = dropChannels(traced, coupling, { first_out: [2] });
    const plan = makePlan(traced, coupling, keep);
    expect(keepOf(traced, coupling, { ...plan, cuts: [] })).toEqual(keep);
  });
});

describe('docs/plan.md', () => {
  const block = (language: string): string => page.split(`\`\`\`${language}\n`)[1]!.split('```')[0]!;

  it('prints the schema', () => {
    expect(JSON.parse(block('json'))).toEqual(planSchema);
  });

  it('has a script that rebuilds the zeroed original', async () => {
    const model = shuffleNet();
    const { traced, coupling } = await analyse(model);
    const keep = dropChannels(traced, coupling, { first_out: [3, 7, 11], mixed_out: [0, 6] });
    const plan = makePlan(traced, coupling, keep);
    const folder = mkdtempSync(join(tmpdir(), 'espalier-plan-'));
    try {
      const files = ['original.onnx', 'plan.json', 'zeroed.onnx'].map((name) => join(folder, name));
      writeFileSync(files[0]!, encodeModel(model));
      writeFileSync(files[1]!, JSON.stringify(plan));
      execFileSync(process.execPath, ['--input-type=module', '-', ...files], {
        cwd: repository,
        input: block('js'),
      });
      const rebuilt = decodeModel(readFileSync(files[2]!));
      expect(weightsByReader(rebuilt)).toEqual(weightsByReader(zeroOriginal(traced, plan.cuts)));
      expect(weightsByReader(rebuilt)).not.toEqual(weightsByReader(model));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** What every node reads from its constants, whatever they are called. */
function weightsByReader({ graph }: Model): Readonly<Record<string, readonly number[]>> {
  const weights = new Map(graph.initializers.map((tensor) => [tensor.name ?? '', tensor]));
  return Object.fromEntries(
    graph.nodes.flatMap((node) =>
      node.inputs.flatMap((name, input) => {
        const tensor = weights.get(name);
        return tensor
          ? [[`${node.outputs[0]}:${input}`, Array.from(tensorArray(tensor).data, Number)] as const]
          : [];
      }),
    ),
  );
}
