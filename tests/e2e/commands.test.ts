// Every command on a small model, as a user runs it: stdout, stderr, exit code, files.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createRandom,
  decodeModel,
  encodeModel,
  findDenormals,
  type Model,
  makeTensor,
  tensorArray,
} from '@espalier/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { documents } from '../../packages/cli/src/documents/documents.ts';
import { openWorkplace, smallClassifierBytes, type Workplace } from './run-cli.ts';

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  await place.write('net.onnx', smallClassifierBytes());
  return () => place.close();
});

const QUICK = ['--no-bench', '--quiet'];

/** Runs a command with `--json` and checks the document against its published schema. */
async function runJson<Name extends keyof typeof documents>(name: Name, args: readonly string[]) {
  const answer = await place.run([...name.split(' '), ...args, '--json']);
  const document = documents[name].strict().parse(JSON.parse(answer.stdout));
  return { ...answer, document: document as ReturnType<(typeof documents)[Name]['parse']> };
}

async function readPruned(name: string): Promise<Model> {
  return decodeModel(await readFile(join(place.folder, name)));
}

describe('inspect', () => {
  it('prints tables to stdout and progress to stderr', async () => {
    const { code, stdout, stderr } = await place.run(['inspect', 'net.onnx']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^convolutions +3, of which 3 can be pruned$/m);
    expect(stdout).toMatch(/^inner_out +Conv +1x12x8x8 +12 +12 /m);
    expect(stderr).toBe('reading the model\ntracing shapes\nfinding coupled channels\n');
  });

  it('is silent on stderr with --quiet, and measures with --profile', async () => {
    const { stderr, document } = await runJson('inspect', ['net.onnx', '--profile', '--quiet']);
    expect(stderr).toBe('');
    expect(document.metrics.prunableChannels).toBe(44);
    expect(document.metrics.ms).toBeGreaterThan(0);
    expect(document.layers.some((layer) => (layer.ms ?? 0) > 0)).toBe(true);
  });
});

describe('groups', () => {
  it('prints text, JSON and a graph', async () => {
    const { stdout } = await place.run(['groups', 'net.onnx']);
    expect(stdout).toMatch(
      /^group 0: 16 channels\n {2}Made by stem_out \(root\) and back_out; read by inner_out and logits_out\./m,
    );
    expect(stdout).toMatch(/They\s+go\s+together\s+because\s+they\s+meet\s+in\s+Add\s+'/);
    const dot = await place.run(['groups', 'net.onnx', '--format', 'dot']);
    expect(dot.stdout).toMatch(/^digraph espalier \{[\s\S]*"stem_out" -> "inner_out"[\s\S]*\}\n$/);
    const json = await place.run(['groups', 'net.onnx', '--format', 'json']);
    expect(JSON.parse(json.stdout)).toEqual((await runJson('groups', ['net.onnx'])).document);
  });
});

describe('score', () => {
  it('gives every channel that can go a number, the same for the same seed', async () => {
    const random = ['net.onnx', '--criterion', 'random', '--seed', '3'];
    const { document } = await runJson('score', random);
    expect(document.groups.map((group) => group.scores.length)).toEqual([16, 12]);
    expect((await runJson('score', random)).document).toEqual(document);
    const other = await runJson('score', [...random, '--seed', '4']);
    expect(other.document.groups).not.toEqual(document.groups);
  });

  it.each(['hrank', 'taylor', 'fscl-active'])('looks at images for %s', async (criterion) => {
    await place.write('images.npy', npyImages(6));
    const data = ['--data', 'images.npy', '--calibration', '4'];
    const { document, stderr } = await runJson('score', ['net.onnx', '--criterion', criterion, ...data]);
    const scores = document.groups.flatMap((group) => group.scores);
    expect(scores).toHaveLength(28);
    expect(scores.every((score) => score !== null && score >= 0)).toBe(true);
    expect(stderr).toMatch(/^calibration: 4 images of /m);
    expect(stderr).toContain('looking at images');
  });

  it('says so when a criterion has nothing to look at', async () => {
    const { code, stdout, stderr } = await place.run(['score', 'net.onnx', '--criterion', 'hrank']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error importance\.no-data: The criterion 'hrank' looks at data/);
    expect(stderr).toMatch(/^hint: .*--data PATH/m);
  });
});

describe('prune', () => {
  it('cuts to the target, proves it, measures it and says what is next', async () => {
    const { code, stdout, stderr } = await place.run([
      'prune',
      'net.onnx',
      '-o',
      'small.onnx',
      '--macs',
      '0.6',
    ]);
    expect(code).toBe(0);
    for (const row of ['parameters', 'MACs', 'file', 'latency']) {
      expect(stdout).toMatch(new RegExp(`^${row} +\\S`, 'm'));
    }
    expect(stdout).toMatch(/^proven: largest deviation /m);
    // What is next depends on how much faster it became.
    expect(stdout).toMatch(/^next: espalier (eval small\.onnx --reference|prune net\.onnx --macs 0\.6) /m);
    expect(stderr).toContain('scoring channels\n');
    expect(stderr).toContain('proving the cut\n');
    // One channel of so small a net is several per cent of its MACs.
    expect((await runJson('inspect', ['small.onnx'])).document.metrics.macs).toBeLessThan(
      (await runJson('inspect', ['net.onnx'])).document.metrics.macs * 0.65,
    );
  });

  it('meets fractions of parameters and channels, widths in multiples, ignored layers', async () => {
    const params = await runJson('prune', ['net.onnx', '--params', '0.5', ...QUICK]);
    expect(params.document.metrics.params).toBeLessThan(0.51);
    const ratio = [
      'net.onnx',
      '-o',
      'r.onnx',
      '--ratio',
      '0.3',
      '--round-to',
      '4',
      '--ignore',
      'inn*',
      ...QUICK,
    ];
    const { document } = await runJson('prune', ratio);
    expect(document.layers).toEqual([{ node: 'stem_out', channels: 16, kept: 12 }]);
    expect(document.proof?.verdict).toBe('proven');
  });

  it('takes ratios by layer from a file', async () => {
    await place.write('ratios.yaml', 'inner_out: 0.5\n');
    const { document } = await runJson('prune', ['net.onnx', '--layer-ratios', 'ratios.yaml', ...QUICK]);
    expect(document.layers).toEqual([{ node: 'inner_out', channels: 12, kept: 6 }]);
    expect(document.output).toBe(join(place.folder, 'net-pruned.onnx'));
  });

  it('saves a plan that gives the same model again, and that verify accepts', async () => {
    const first = [
      'prune',
      'net.onnx',
      '-o',
      'a.onnx',
      '--macs',
      '0.5',
      '--save-plan',
      'plan.json',
      ...QUICK,
    ];
    expect((await place.run(first)).code).toBe(0);
    const again = await place.run(['prune', 'net.onnx', '-o', 'b.onnx', '--plan', 'plan.json', ...QUICK]);
    expect(again.code).toBe(0);
    const [a, b] = await Promise.all(['a.onnx', 'b.onnx'].map((name) => readFile(join(place.folder, name))));
    expect(a!.equals(b!)).toBe(true);
    const { code, document } = await runJson('verify', ['net.onnx', 'b.onnx', '--plan', 'plan.json']);
    expect(code).toBe(0);
    expect(document.proof).toMatchObject({ verdict: 'proven', outputs: 1, layers: 3 });

    await place.write('images.npy', npyImages(6));
    const pictures = ['--data', 'images.npy', '--limit', '3', '--preprocess', 'scale=1'];
    const seen = await runJson('verify', ['net.onnx', 'b.onnx', '--plan', 'plan.json', ...pictures]);
    expect(seen.document.proof).toMatchObject({ verdict: 'proven', runs: document.proof.runs + 3 });
  });

  it('replaces files only with --force, and finds out before the work', async () => {
    await place.write('small.onnx', 'precious');
    const args = ['prune', 'net.onnx', '-o', 'small.onnx', '--macs', '0.6', '--no-bench'];
    const refused = await place.run(args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error io\.exists: /);
    expect(await readFile(join(place.folder, 'small.onnx'), 'utf8')).toBe('precious');
    expect((await place.run([...args, '--force'])).code).toBe(0);
    expect((await readPruned('small.onnx')).graph.nodes.length).toBeGreaterThan(0);
  });

  it('writes nothing with --dry-run', async () => {
    const args = [
      'net.onnx',
      '-o',
      'small.onnx',
      '--macs',
      '0.6',
      '--save-plan',
      'plan.json',
      '--dry-run',
      ...QUICK,
    ];
    const { code, document } = await runJson('prune', args);
    expect(code).toBe(0);
    expect(document).toMatchObject({ output: null, plan: null, next: null });
    expect(document.metrics.bytes).toBeLessThan(1);
    expect(await readdir(place.folder)).toEqual(['net.onnx']);
  });

  it('skips the proof when told to, and says so', async () => {
    const { stdout } = await place.run(['prune', 'net.onnx', '--macs', '0.6', '--no-verify', ...QUICK]);
    expect(stdout).toContain('not proven: the proof was skipped');
  });

  it('takes its target from the config file, and another kind from a flag', async () => {
    await place.write('espalier.yaml', 'macs: 0.5\nbench: false\n');
    const fromFile = await runJson('prune', ['net.onnx', '-o', 'a.onnx']);
    expect(fromFile.document.metrics.macs).toBeLessThan(0.51);
    expect(fromFile.document.latency).toBeUndefined();
    const flag = await runJson('prune', ['net.onnx', '-o', 'b.onnx', '--ratio', '0.25']);
    expect(flag.document.made).toMatchObject({ ratio: 0.25 });
  });

  it('measures accuracy before and after on data', async () => {
    await writeRecords();
    const data = ['--data', 'data.bin', '--record-shape', '3x8x8', '--data-format', 'records'];
    const { document } = await runJson('prune', ['net.onnx', '--macs', '0.6', ...data, ...QUICK]);
    expect(Object.keys(document.before.accuracy ?? {})).toEqual(['top1']);
    expect(document.after.accuracy?.top1).toBeGreaterThanOrEqual(0);
    expect(document.next).toBe(
      'espalier finetune net-pruned.onnx --teacher net.onnx --data data.bin --data-format records --record-shape 3x8x8',
    );
    expect(document.agreement).toBeUndefined();
  });

  it('cuts by what images show', async () => {
    await place.write('images.npy', npyImages(6));
    const { document } = await runJson('prune', [
      'net.onnx',
      '--macs',
      '0.6',
      '--criterion',
      'taylor',
      '--data',
      'images.npy',
      ...QUICK,
    ]);
    expect(document.made).toMatchObject({ criterion: 'taylor', macs: 0.6 });
    expect(document.proof?.verdict).toBe('proven');
    const blind = await place.run(['prune', 'net.onnx', '--macs', '0.6', '--criterion', 'taylor']);
    expect(blind.code).toBe(2);
    expect(blind.stderr).toMatch(/^error importance\.no-data: /);
  });

  it('measures agreement with the original on data without labels', async () => {
    await place.write('images.npy', npyImages(6));
    const { document, stderr } = await runJson('prune', [
      'net.onnx',
      '--macs',
      '0.6',
      '--data',
      'images.npy',
      ...QUICK,
    ]);
    expect(stderr).toBe('');
    expect(Object.keys(document.agreement ?? {})).toEqual(['top1Agreement', 'kl']);
    expect(document.agreement?.kl).toBeGreaterThan(0);
    expect(document.before.accuracy).toBeUndefined();
    const told = await place.run([
      'prune',
      'net.onnx',
      '--macs',
      '0.6',
      '--data',
      'images.npy',
      '--force',
      ...QUICK,
    ]);
    expect(told.stdout).toMatch(/^agreement with the original +value\ntop1Agreement +[01]\.\d{4}\nkl /m);
  });
});

describe('verify', () => {
  it('fails with 5 when the pruned file computes something else, and names the node', async () => {
    await place.run([
      'prune',
      'net.onnx',
      '-o',
      'small.onnx',
      '--macs',
      '0.5',
      '--save-plan',
      'plan.json',
      ...QUICK,
    ]);
    const model = await readPruned('small.onnx');
    const [first, ...rest] = model.graph.initializers;
    const array = tensorArray(first!);
    const data = Float32Array.from(array.data as Float32Array, (x) => 2 * x);
    const initializers = [makeTensor(first!.name!, { ...array, data }), ...rest];
    await place.write('bad.onnx', encodeModel({ ...model, graph: { ...model.graph, initializers } }));
    const { code, stderr, document } = await runJson('verify', [
      'net.onnx',
      'bad.onnx',
      '--plan',
      'plan.json',
    ]);
    expect(code).toBe(5);
    expect(document.proof).toMatchObject({ verdict: 'failed', firstFailure: { node: 'stem_out' } });
    expect(stderr).toMatch(/error verify\.deviates: .*Conv 'stem_out' deviates by /);
  });

  it('says by name that a file is no cut of the original', async () => {
    const saved = ['-o', 'small.onnx', '--macs', '0.5', '--save-plan', 'plan.json', ...QUICK];
    await place.run(['prune', 'net.onnx', ...saved]);
    const model = await readPruned('small.onnx');
    const outputs = model.graph.outputs.map((output) => ({ ...output, name: 'answer' }));
    await place.write('other.onnx', encodeModel({ ...model, graph: { ...model.graph, outputs } }));
    const { code, stderr } = await place.run(['verify', 'net.onnx', 'other.onnx', '--plan', 'plan.json']);
    expect(code).toBe(5);
    expect(stderr).toContain(
      "error verify.not-a-cut: other.onnx is not a cut of net.onnx: it has no output 'logits_out'.",
    );
  });
});

describe('eval', () => {
  it('measures top-1 on records, printing the preprocessing it guessed', async () => {
    await writeRecords();
    const args = [
      'eval',
      'net.onnx',
      '--data',
      'data.bin',
      '--record-shape',
      '3x8x8',
      '--data-format',
      'records',
    ];
    const { code, stdout, stderr } = await place.run(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^top1 +0\.\d{4}$/m);
    expect(stderr).toContain('preprocessing: size=8x8');
    expect(stdout).toMatch(/^assumed, please confirm or change: --preprocess ".*mean=0 std=1.*"\n\nmetric /);
  });

  it("takes the user's own metric, preprocessing from a file, and a limit", async () => {
    await writeRecords();
    await place.write(
      'count.mjs',
      'export const createMetric = () => { let n = 0; return { name: "n", higherIsBetter: true, add: (batch, targets) => { n += targets.length; }, result: () => ({ n }) }; };',
    );
    await place.write('pre.yaml', 'mean: [0.5, 0.5, 0.5]\n');
    const data = ['--data', 'data.bin', '--record-shape', '3x8x8', '--data-format', 'records'];
    const own = ['--metric', 'count.mjs', '--preprocess', 'pre.yaml', '--limit', '7'];
    const { document } = await runJson('eval', ['net.onnx', ...data, ...own]);
    expect(document.metrics).toEqual({ n: 7 });
    expect(document.data.samples).toBe(7);
    expect(document.preprocess).toContain('mean=0.5,0.5,0.5');
  });
});

describe('eval --reference', () => {
  it('tells how far two models agree, by the task that is guessed or told', async () => {
    await place.write('images.npy', npyImages(5));
    const pair = ['net.onnx', '--reference', 'net.onnx', '--data', 'images.npy'];
    const { document, stderr } = await runJson('eval', pair);
    expect(document.metrics).toEqual({ 'agreement.top1Agreement': 1, 'agreement.kl': 0 });
    expect(stderr).toContain(
      "task: classify (Output 'logits_out' [1, 5] is one row of 5 scores per sample.)",
    );
    const other = await runJson('eval', [...pair, '--task', 'other']);
    expect(other.document.metrics).toMatchObject({ 'agreement.relativeL2': 0 });
    expect(other.document.metrics['agreement.cosine/logits_out']).toBeCloseTo(1);
  });

  it('adds to accuracy where there are labels', async () => {
    await writeRecords();
    const data = ['--data', 'data.bin', '--record-shape', '3x8x8', '--data-format', 'records'];
    const { document } = await runJson('eval', ['net.onnx', '--reference', 'net.onnx', ...data]);
    expect(Object.keys(document.metrics)).toEqual(['top1', 'agreement.top1Agreement', 'agreement.kl']);
  });

  it('needs one of the two', async () => {
    await place.write('images.npy', npyImages(2));
    const { code, stderr } = await place.run(['eval', 'net.onnx', '--data', 'images.npy']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error eval\.no-metric: .* have no labels/m);
  });
});

describe('bench', () => {
  it('compares models side by side and profiles them', async () => {
    const times = ['--seconds', '0', '--rounds', '2', '--threads', '1'];
    const { code, document } = await runJson('bench', ['net.onnx', 'net.onnx', '--profile', ...times]);
    expect(code).toBe(0);
    expect(document.latency.models.map((model) => model.name)).toEqual(['net.onnx', 'net.onnx']);
    expect(document.latency.threads).toBe(1);
    expect(document.metrics.macsRatio).toBe(1);
    const [model] = document.models;
    expect(model!.profile!.length).toBeGreaterThan(0);
    expect(model!.profile!.every(({ provider }) => provider === 'cpu')).toBe(true);
    expect(model!.weightBytes).toBeGreaterThan(0);
    expect(model!.memory!.processBytes).toBeGreaterThan(model!.memory!.peakBytes);
    expect(model!.denormals).toBeUndefined();
  });

  it('tells what denormal weights cost, and what cutting makes of them', async () => {
    const net = await readPruned('net.onnx');
    const [first, ...others] = net.graph.initializers;
    const { data } = tensorArray(first!);
    const weights = (data as Float32Array).map((value, i) => (i < 5 ? 1e-40 : value));
    const dead = makeTensor(first!.name!, { type: 'float32', dims: first!.dims, data: weights });
    const graph = { ...net.graph, initializers: [dead, ...others] };
    await place.write('dead.onnx', encodeModel({ ...net, graph }));
    const times = ['--seconds', '0', '--rounds', '2', '--threads', '1', '--no-memory'];
    const { document } = await runJson('bench', ['dead.onnx', ...times]);
    expect(document.latency.models).toHaveLength(1);
    expect(document.models[0]!.memory).toBeUndefined();
    expect(document.models[0]!.denormals).toMatchObject({
      count: 5,
      tensors: [{ tensor: first!.name, count: 5, total: data.length }],
    });
    expect(document.models[0]!.denormals!.speedup.value).toBeGreaterThan(0);

    const { code } = await place.run(['prune', 'dead.onnx', '-o', 'cut.onnx', '--macs', '0.6', ...QUICK]);
    expect(code).toBe(0);
    expect(findDenormals(await readPruned('cut.onnx'))).toEqual([]);
  });

  it('ends with 130 on Ctrl-C', async () => {
    let sent = false;
    const { code, stdout, stderr } = await place.run(['bench', 'net.onnx', '--seconds', '60'], {
      onError: (text, interrupt) => {
        if (sent || !text.includes('measuring latency')) return;
        sent = true;
        interrupt();
      },
    });
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain('Interrupted: finishing the current step.');
    expect(stderr).toMatch(/^error interrupted: /m);
  });
});

describe('doctor', () => {
  it('finds a working engine and image decoder', async () => {
    const { code, document } = await runJson('doctor', []);
    expect(code).toBe(0);
    expect(document.checks.slice(0, 2).map(({ name, status }) => [name, status])).toEqual([
      ['inference engine', 'ok'],
      ['image decoder', 'ok'],
    ]);
  });
});

/** Twenty records of 3x8x8 with labels 0 to 4. */
async function writeRecords(): Promise<void> {
  const size = 1 + 3 * 64;
  await place.write(
    'data.bin',
    Uint8Array.from({ length: 20 * size }, (_, i) =>
      i % size === 0 ? Math.floor(i / size) % 5 : (i * 7919) % 256,
    ),
  );
}

/** A NumPy file of so many 3x8x8 images without labels. */
function npyImages(count: number): Uint8Array {
  const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, 3, 8, 8), }`.padEnd(117)}\n`;
  const random = createRandom(9);
  const values = Float32Array.from({ length: count * 192 }, () => random.normal());
  const start = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length, 0];
  return Uint8Array.from([...start, ...new TextEncoder().encode(header), ...new Uint8Array(values.buffer)]);
}
