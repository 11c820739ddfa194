// Pruning for a device, as a user does it: nothing here depends on how fast this machine is, only on what it says.
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeModel, type LatencyTable } from '@espalier/core';
import { createCommandDevice, createLocalDevice, readLatencyTable, writeLatencyTable } from '@espalier/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorDocument } from '../../packages/cli/src/documents/error-document.ts';
import { pruneDocument } from '../../packages/cli/src/documents/prune-document.ts';
import { openWorkplace, smallClassifierBytes, type Workplace } from './run-cli.ts';

const stairs = { step: 4, unit: 1, penalty: 1 };
const table: LatencyTable = { stairs: { inputs: stairs, outputs: stairs }, units: {} };

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  await place.write('net.onnx', smallClassifierBytes());
  const { description } = await createLocalDevice({ threads: 1 });
  await writeLatencyTable(join(place.folder, 'table.json'), description, table);
  return () => place.close();
});

const ON_DEVICE = ['--threads', '1', '--latency-table', 'table.json', '--json', '--quiet'];
const exists = (name: string): Promise<boolean> =>
  access(join(place.folder, name)).then(
    () => true,
    () => false,
  );

describe('prune --latency', () => {
  it('chooses widths at the steps of the device, measures and proves the cut, and keeps what it learned', async () => {
    const args = ['net.onnx', '--latency', '0.95', '--no-bench', '--save-plan', 'plan.json', ...ON_DEVICE];
    const { code, stdout } = await place.run(['prune', ...args]);
    const answer: unknown = JSON.parse(stdout);
    const refused = errorDocument.safeParse(answer);
    if (refused.success) {
      // So small a model takes about as long however narrow it is; a busy machine cannot tell.
      expect(refused.data).toMatchObject({ code: 'latency.unreachable', kind: 'target', exitCode: 4 });
      expect(code).toBe(4);
      return;
    }
    const { latencyTarget, latency, proof, output, layers } = pruneDocument.strict().parse(answer);
    expect(proof?.verdict).toBe('proven');
    expect(latencyTarget).toMatchObject({ fraction: 0.95, stairs, device: { threads: 1, provider: 'cpu' } });
    expect(latencyTarget!.tries.length).toBeGreaterThan(0);
    expect(latency!.models.map(({ name }) => name)).toEqual(['original', 'pruned']);
    for (const { kept } of layers) expect(kept % 4).toBe(0);
    expect(code).toBe(latencyTarget!.met ? 0 : 4);
    expect(await exists('net-pruned.onnx')).toBe(latencyTarget!.met);
    expect(output === null).toBe(!latencyTarget!.met);

    const { description } = await createLocalDevice({ threads: 1 });
    const learned = await readLatencyTable(join(place.folder, 'table.json'), description);
    expect(learned!.stairs).toEqual(table.stairs);
    expect(Object.keys(learned!.units).some((kind) => kind.startsWith('Conv 3x3'))).toBe(true);
    const plan = JSON.parse(await readFile(join(place.folder, 'plan.json'), 'utf8'));
    expect(plan.made.device).toBe(description.fingerprint);
  });

  it('refuses a target that is none, a second target, and the table of another device', async () => {
    const fail = (...args: readonly string[]) => place.fail(['prune', 'net.onnx', ...args]);
    expect(await fail('--latency', 'fast')).toMatchObject({ code: 'latency.bad-target', exitCode: 2 });
    expect(await fail('--latency', '0.5', '--macs', '0.5')).toMatchObject({ code: 'prune.clashing-targets' });
    const elsewhere = ['--latency', '0.5', '--threads', '2', '--latency-table', 'table.json'];
    expect(await fail(...elsewhere)).toMatchObject({ code: 'latency.other-device', exitCode: 2 });
    await place.write('garbage.json', '{}');
    expect(await fail('--latency', '0.5', '--latency-table', 'garbage.json')).toMatchObject({
      code: 'latency.bad-table',
    });
  });
});

describe('prune --round-to auto', () => {
  it('rounds widths to the step of the device', async () => {
    const args = ['net.onnx', '--macs', '0.7', '--round-to', 'auto', '--no-bench', ...ON_DEVICE];
    const { code, stdout } = await place.run(['prune', ...args]);
    expect(code).toBe(0);
    const { layers, proof } = pruneDocument.strict().parse(JSON.parse(stdout));
    expect(proof?.verdict).toBe('proven');
    expect(layers.some(({ kept, channels }) => kept < channels)).toBe(true);
    for (const { kept } of layers) expect(kept % 4).toBe(0);
    const model = decodeModel(await readFile(join(place.folder, 'net-pruned.onnx')));
    const inner = model.graph.nodes.find(({ name }) => name === 'inner')!;
    const weight = model.graph.initializers.find(({ name }) => name === inner.inputs[1])!;
    expect(weight.dims[0]! % 4).toBe(0);
  });

  /** The arguments of a cut on a device whose times are what this shell line prints, with steps of 8 channels. */
  const onCommand = async (command: string, macs: number): Promise<readonly string[]> => {
    const eight = { step: 8, unit: 1, penalty: 1 };
    const { description } = createCommandDevice({ command });
    const path = join(place.folder, 'command.json');
    await writeLatencyTable(path, description, { stairs: { inputs: eight, outputs: eight }, units: {} });
    const args = ['prune', 'net.onnx', '--macs', String(macs), '--round-to', 'auto'];
    return [...args, '--bench-command', command, '--latency-table', 'command.json', '--json'];
  };

  it.skipIf(process.platform === 'win32')('writes a cut that is surely not slower', async () => {
    // A device that takes a millisecond per byte.
    const { code, stdout } = await place.run(await onCommand('wc -c < {model}', 0.7));
    expect(code).toBe(0);
    const { latency, metrics } = pruneDocument.strict().parse(JSON.parse(stdout));
    expect(metrics.speedup).toBeGreaterThan(1);
    expect(latency).toMatchObject({ device: { runtime: 'command' }, models: [{}, {}] });
    expect(latency!.models[0]!.iterations).toBeGreaterThanOrEqual(12);
    expect(await exists('net-pruned.onnx')).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('refuses one that is slower, unless it is forced', async () => {
    const args = await onCommand('echo $((1000000000 / $(wc -c < {model})))', 0.7);
    const refused = await place.run(args);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('error latency.slower: ') });
    expect(pruneDocument.strict().parse(JSON.parse(refused.stdout)).output).toBeNull();
    expect(await exists('net-pruned.onnx')).toBe(false);
    expect(await place.run([...args, '--force'])).toMatchObject({ code: 0 });
    expect(await exists('net-pruned.onnx')).toBe(true);
  });

  it('says where steps leave nothing to cut', async () => {
    const [, ...args] = await onCommand('echo 1 ms; : {model}', 0.95);
    expect(await place.fail(['prune', ...args])).toMatchObject({ code: 'latency.no-cut', exitCode: 4 });
    expect(await exists('net-pruned.onnx')).toBe(false);
  });
});
