// The reference reader of docs/pytorch.md: a plan applied to a PyTorch state dict gives the weights that the cut ONNX file has.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  analyseCoupling,
  choosePlan,
  computeImportance,
  createCostModel,
  createRandom,
  cutModel,
  decodeModel,
  encodeModel,
  type Model,
  makePlan,
  type Plan,
  type TracedModel,
  toFloat32,
  traceModel,
  weightsOf,
} from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkplace, smallClassifierBytes, type Workplace } from './e2e/run-cli.ts';
import { architectures } from './fixtures/architectures/index.ts';

const engine = createOrtEngine();
const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const shared = fileOf('../../shared/data');

/** The program that the page is about. */
const READER = fileOf('../docs/pytorch/apply_recipe.py');

/** A Python that has torch. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import torch']).status === 0,
);
const noTorch = python === undefined ? 'no python3 with torch' : undefined;

/** Runs a script of Python and returns what it prints. */
function runPython(script: string, args: readonly string[], input?: Uint8Array) {
  const { status, stdout, stderr } = spawnSync(python!, [script, ...args], {
    cwd: place.folder,
    encoding: 'utf8',
    ...(input && { input }),
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place.close());

/** Folded and kept normalizations, groups, depthwise and transposed convolutions, flattening, products, slopes. */
const NETS = [
  ...['resnet-a', 'resnext-bn', 'resnext', 'mobilenet-v2', 'mobilenet-v2-bn', 'vgg-bn', 'densenet-bn'],
  ...['unet-transposed', 'depthwise-multiplier', 'prelu', 'yolov8', 'resnet-constant-nodes'],
];

async function cutInHalf(model: Model) {
  const traced = await traceModel(model, engine);
  const coupling = analyseCoupling(traced);
  const scores = await computeImportance(coupling, weightsOf(traced), 'l1');
  const { keep } = choosePlan(traced, coupling, createCostModel(traced, coupling), scores, { macs: 0.5 });
  return { plan: makePlan(traced, coupling, keep), cut: await cutModel(traced, coupling, keep, engine) };
}

describe('state dicts of which generated networks could be exports', () => {
  if (noTorch) it.skip(`not here: ${noTorch}`);
  it.skipIf(noTorch)('are cut as the files are', { timeout: 240_000 }, async () => {
    const cuts = new Map<string, TracedModel>();
    for (const name of NETS) {
      const model = architectures.find((architecture) => architecture.name === name)!.build();
      const { plan, cut } = await cutInHalf(model);
      await place.write(`${name}.onnx`, encodeModel(model));
      await place.write(`${name}.json`, JSON.stringify(plan));
      cuts.set(name, await traceModel(cut, engine));
    }
    expect(runPython(fileOf('pytorch/refold.py'), ['.', ...NETS])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    for (const [name, cut] of cuts) {
      const constants = JSON.parse(await readFile(join(place.folder, `${name}.out.json`), 'utf8'));
      const entries = Object.entries<{ dims: number[]; data: number[] }>(constants);
      expect(entries.length, name).toBeGreaterThan(4);
      for (const [value, { dims, data }] of entries) {
        const array = cut.constantOf(value)!;
        expect([...array.dims], `${name} ${value}`).toEqual(dims);
        const expected = toFloat32(array);
        const scale = Math.max(...data.map(Math.abs));
        const worst = Math.max(...data.map((number, i) => Math.abs(number - expected[i]!)));
        expect(worst / scale, `${name} ${value}`).toBeLessThan(1e-5);
      }
    }
  });
});

describe('what does not fit', () => {
  if (noTorch) it.skip(`not here: ${noTorch}`);
  it.skipIf(noTorch)('is refused in a sentence', { timeout: 240_000 }, async () => {
    await place.write('small.onnx', smallClassifierBytes());
    await place.write('other.onnx', encodeModel(architectures[0]!.build()));
    const prune = ['prune', 'small.onnx', '--ratio', '0.5', '--no-bench', '--no-verify'];
    expect(await place.run([...prune, '-o', 'half.onnx', '--save-plan', 'half.json'])).toMatchObject({
      code: 0,
    });
    const { cuts }: Plan = JSON.parse(await readFile(join(place.folder, 'half.json'), 'utf8'));
    const keys = cuts.map(({ value }) => [value, ['a']]);
    await place.write('map.json', JSON.stringify(Object.fromEntries(keys)));
    const save = "torch.save({'a': torch.ones(7)}, 'a.pth'); torch.save({'b': 1}, 'b.pth')";
    await place.write('save.py', `import torch; ${save}`);
    expect(runPython(join(place.folder, 'save.py'), []).status).toBe(0);
    const apply = (original: string, state: string, ...options: string[]) =>
      runPython(READER, [original, 'half.json', state, 'out.pth', ...options]);
    const refusal = (sentence: RegExp) => ({
      ...{ status: 1, stdout: '' },
      stderr: expect.stringMatching(sentence),
    });
    expect(apply('other.onnx', 'a.pth')).toEqual(refusal(/^refused: half\.json was made for another file/));
    expect(apply('small.onnx', 'b.pth')).toEqual(refusal(/^refused: b\.pth holds no state dict/));
    expect(apply('small.onnx', 'a.pth')).toEqual(
      refusal(/^refused: '\S+' equals no tensor of the state dict/),
    );
    expect(apply('small.onnx', 'a.pth', '--map', 'map.json')).toEqual(
      refusal(/^refused: '\S+' cannot be 'a': it is \[16, 3, 3, 3\], not \[7\]/),
    );
    expect(existsSync(join(place.folder, 'out.pth'))).toBe(false);
  });
});

describe('resnet56.th', () => {
  const missing = noTorch ?? (existsSync(shared) ? undefined : `${shared} does not exist`);
  if (missing) it.skip(`not here: ${missing}`);
  const checkpoint = join(shared, 'checkpoints/resnet56.th');

  it.skipIf(missing).each(['resnet56', 'resnet56-bn'])(
    'cut by a plan for %s answers as the cut file does',
    { timeout: 240_000 },
    async (name) => {
      const original = join(shared, `models/${name}.onnx`);
      const prune = ['prune', original, '--ratio', '0.3', '--no-verify', '--no-bench', '--force'];
      expect(await place.run([...prune, '-o', 'cut.onnx', '--save-plan', 'plan.json'])).toMatchObject({
        code: 0,
      });
      const args = [original, 'plan.json', checkpoint, 'cut.pth', '--save-map', 'map.json'];
      const { status, stdout } = runPython(READER, args);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^layer1\.0\.conv1\.weight: 16x16x3x3 -> 11x11x3x3$/m);
      expect(stdout).toMatch(/^layer3\.8\.bn1\.running_var: 64 -> 45$/m);

      const random = createRandom(3);
      const images = Float32Array.from({ length: 4 * 3 * 32 * 32 }, () => random.normal());
      const answer = runPython(
        fileOf('pytorch/resnet56.py'),
        ['cut.pth', 'plan.json', 'map.json'],
        new Uint8Array(images.buffer),
      );
      const expected = await logitsOf(decodeModel(await readFile(join(place.folder, 'cut.onnx'))), images);
      const logits: readonly number[] = JSON.parse(answer.stdout);
      expect(logits).toHaveLength(40);
      expect(Math.max(...logits.map((logit, i) => Math.abs(logit - expected[i]!)))).toBeLessThan(1e-4);
    },
  );
});

async function logitsOf(model: Model, data: Float32Array): Promise<Float32Array> {
  const session = await engine.load(model, { threads: 1 });
  try {
    const [input] = session.inputs;
    const answers = await session.run({ [input!.name]: { type: 'float32', dims: [4, 3, 32, 32], data } });
    return toFloat32(Object.values(answers)[0]!);
  } finally {
    await session.close();
  }
}
