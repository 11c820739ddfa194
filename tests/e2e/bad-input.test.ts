// What bad input gets: a code, a sentence with the name and value, a hint, the exit code, and no file.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, encodeModel, GraphBuilder, type Model, type Tensor } from '@espalier/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorDocument } from '../../packages/cli/src/documents/error-document.ts';
import { openWorkplace, smallClassifier, smallClassifierBytes, type Workplace } from './run-cli.ts';

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  await place.write('net.onnx', smallClassifierBytes());
  return () => place.close();
});

/** Runs a command that must fail and returns its error document; stderr must tell the same. */
async function fail(args: readonly string[]) {
  const { code, stdout, stderr } = await place.run([...args, '--json']);
  const error = errorDocument.parse(JSON.parse(stdout));
  expect(code).toBe(error.exitCode);
  expect(stderr).toContain(`error ${error.code}: ${error.message}\n`);
  expect(error.hint).toBeDefined();
  return error;
}

const random = createRandom(5);
const noise = Uint8Array.from({ length: 5000 }, () => random.integer(256));

function withNodes(change: (nodes: Model['graph']['nodes']) => Model['graph']['nodes']): Uint8Array {
  const model = smallClassifier();
  return encodeModel({ ...model, graph: { ...model.graph, nodes: change(model.graph.nodes) } });
}

function withFirstTensor(change: (tensor: Tensor) => Tensor): Uint8Array {
  const model = smallClassifier();
  const [first, ...rest] = model.graph.initializers;
  return encodeModel({ ...model, graph: { ...model.graph, initializers: [change(first!), ...rest] } });
}

/** The first weight, said to lie in another file. */
function outside(location: string): Uint8Array {
  const external = { location, offset: 0, length: 1728 };
  return withFirstTensor(({ name, dims, dataType }) => ({ name: name!, dims, dataType, external }));
}

/** Two nodes that read each other. */
function cyclic(): Uint8Array {
  return withNodes((nodes) => [
    { ...nodes[0]!, inputs: [nodes[1]!.outputs[0]!, ...nodes[0]!.inputs.slice(1)] },
    ...nodes.slice(1),
  ]);
}

function withoutConvolutions(): Uint8Array {
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.input('x', [1, 3, 8, 8])]), [1, 3, 8, 8]);
  return encodeModel(g.model());
}

describe('models', () => {
  it.each([
    ['an empty file', new Uint8Array(), 'onnx.not-onnx', 3],
    ['random bytes', noise, expect.stringMatching(/^onnx\./), 3],
    ['a truncated model', smallClassifierBytes().slice(0, 3000), 'onnx.truncated', 3],
    ['a cyclic graph', cyclic(), 'model.cyclic', 3],
    ['a value nobody makes', withNodes((nodes) => nodes.slice(1)), 'model.undefined-value', 3],
    [
      'a negative size',
      withFirstTensor((tensor) => ({ ...tensor, dims: [-3, ...tensor.dims.slice(1)] })),
      'tensor.bad-dims',
      3,
    ],
    [
      'more elements than bytes',
      withFirstTensor((tensor) => ({ ...tensor, dims: [99, ...tensor.dims.slice(1)] })),
      'tensor.size-mismatch',
      3,
    ],
    ['missing external data', outside('weights.bin'), 'model.external-missing', 3],
    ['external data outside its folder', outside('../weights.bin'), 'model.external-outside', 3],
  ])('%s', async (_, bytes, name, exitCode) => {
    await place.write('bad.onnx', bytes);
    expect(await fail(['inspect', 'bad.onnx'])).toMatchObject({ code: name, exitCode });
    expect(await fail(['prune', 'bad.onnx', '--macs', '0.6'])).toMatchObject({ code: name, exitCode });
    expect((await readdir(place.folder)).sort()).toEqual(['bad.onnx', 'net.onnx']);
  });

  it('a missing file, named', async () => {
    expect(await fail(['inspect', 'none.onnx'])).toMatchObject({
      code: 'io.no-file',
      exitCode: 1,
      message: expect.stringContaining('none.onnx'),
    });
  });

  it('no convolution to prune', async () => {
    await place.write('plain.onnx', withoutConvolutions());
    expect((await place.run(['inspect', 'plain.onnx'])).code).toBe(0);
    expect(await fail(['prune', 'plain.onnx', '--macs', '0.6'])).toMatchObject({
      code: 'plan.nothing-to-cut',
      exitCode: 4,
    });
  });

  it('weights that are not finite, with their name', async () => {
    const bytes = withFirstTensor((tensor) => {
      const raw = tensor.raw!.slice();
      new DataView(raw.buffer).setFloat32(8, Number.NaN, true);
      return { ...tensor, raw };
    });
    await place.write('nan.onnx', bytes);
    expect(await fail(['prune', 'nan.onnx', '--macs', '0.6'])).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('NaN'),
    });
  });

  it('a shape that contradicts the model', async () => {
    expect(await fail(['inspect', 'net.onnx', '--input-shape', 'x:1x3x9x9'])).toMatchObject({
      code: 'trace.dim-mismatch',
      exitCode: 2,
    });
    expect(await fail(['inspect', 'net.onnx', '--input-shape', 'y:1x3x8x8'])).toMatchObject({
      code: 'trace.unknown-input',
      exitCode: 2,
    });
  });
});

describe('targets and plans', () => {
  it('a target out of reach, with what stops it', async () => {
    expect(await fail(['prune', 'net.onnx', '--macs', '0.01'])).toMatchObject({
      code: 'plan.unreachable',
      exitCode: 4,
      message: expect.stringMatching(/at least 0\.\d+/),
    });
    expect(await fail(['prune', 'net.onnx', '--macs', '0.6', '--ignore', '*'])).toMatchObject({
      exitCode: 4,
    });
  });

  it.each([
    ['{"version": 1', 'plan.not-json'],
    ['{"version": 9, "groups": [], "cuts": []}', 'plan.invalid'],
    [
      '{"version": 1, "groups": [{"root": "stm_out", "channels": 16, "removed": [0]}], "cuts": []}',
      'plan.not-applicable',
    ],
    [
      '{"version": 1, "groups": [{"root": "stem_out", "channels": 16, "removed": [16]}], "cuts": []}',
      'plan.not-applicable',
    ],
  ])('the plan %s', async (text, name) => {
    await place.write('plan.json', text);
    expect(await fail(['prune', 'net.onnx', '--plan', 'plan.json'])).toMatchObject({
      code: name,
      exitCode: 2,
    });
  });

  it('an output folder that does not exist, before the work', async () => {
    const { stderr, code } = await place.run(['prune', 'net.onnx', '--macs', '0.6', '-o', 'no/where.onnx']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error io\.no-folder: /);
  });
});

describe('data', () => {
  const evaluate = (path: string, ...more: string[]) => fail(['eval', 'net.onnx', '--data', path, ...more]);

  it('a missing folder, an empty one, one without pictures', async () => {
    expect(await evaluate('nowhere')).toMatchObject({ kind: 'data', code: 'data.missing', exitCode: 1 });
    await mkdir(join(place.folder, 'empty'));
    expect(await evaluate('empty')).toMatchObject({ kind: 'data', exitCode: 1 });
    await mkdir(join(place.folder, 'mixed/a'), { recursive: true });
    await place.write('mixed/a/readme.txt', 'no picture');
    expect(await evaluate('mixed')).toMatchObject({ kind: 'data', exitCode: 1 });
  });

  it('a corrupt picture, by name', async () => {
    for (const name of ['a', 'b']) await mkdir(join(place.folder, 'images', name), { recursive: true });
    await place.write('images/a/1.png', noise);
    await place.write('images/b/2.png', noise);
    expect(await evaluate('images')).toMatchObject({
      code: 'data.corrupt-image',
      exitCode: 1,
      message: expect.stringContaining('1.png'),
    });
  });

  it('records of another size, and sizes the model does not take', async () => {
    const records = ['--data-format', 'records', '--record-shape'];
    await place.write('data.bin', new Uint8Array(193 * 4));
    expect(await evaluate('data.bin', ...records, '3x9x9')).toMatchObject({ kind: 'data', exitCode: 1 });
    expect(await evaluate('data.bin', ...records, '3x8')).toMatchObject({
      code: 'options.bad-shape',
      exitCode: 2,
    });
    const wrong = await evaluate(
      'data.bin',
      ...records,
      '3x8x8',
      '--preprocess',
      'size=16x16 resize=stretch',
    );
    expect(wrong).toMatchObject({ code: 'data.wrong-size', exitCode: 1 });
    expect(wrong.message).toContain('[1, 3, 8, 8]');
    expect(await evaluate('data.bin', ...records, '3x8x8', '--preprocess', 'sice=8x8')).toMatchObject({
      code: 'preprocess.unknown-key',
      exitCode: 2,
    });
  });

  it('a metric that is none', async () => {
    await place.write('data.bin', new Uint8Array(193 * 4));
    await place.write('odd.mjs', 'export const other = 1;');
    const data = ['--data-format', 'records', '--record-shape', '3x8x8'];
    expect(await evaluate('data.bin', ...data, '--metric', 'odd.mjs')).toMatchObject({
      code: 'metric.no-factory',
    });
    expect(await evaluate('data.bin', ...data, '--metric', 'none.mjs')).toMatchObject({
      code: 'metric.unreadable',
    });
  });
});

it('an unavailable provider exits with 6', async () => {
  expect(await fail(['bench', 'net.onnx', '--provider', 'abacus'])).toMatchObject({
    code: 'engine.provider-unavailable',
    exitCode: 6,
  });
});
