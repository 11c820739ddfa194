// Reading and writing models together: what is written is read back, with weights inside or beside the file.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExternalData, encodeModel, type Model, makeTensor, tensorArray } from '@espalier/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModel } from './read-model.ts';
import { writeModel } from './write-model.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

const weights = Float32Array.from({ length: 2000 }, (_, i) => i / 7);

function modelOf(initializers: Model['graph']['initializers']): Model {
  return {
    irVersion: 8,
    opsetImports: [{ version: 17 }],
    metadata: [],
    graph: {
      name: 'g',
      nodes: [{ inputs: ['x', 'w'], outputs: ['y'], opType: 'Mul', attributes: [] }],
      initializers,
      sparseInitializers: [],
      inputs: [{ name: 'x', elemType: 1, shape: [{ value: 2000 }] }],
      outputs: [{ name: 'y', elemType: 1 }],
      valueInfos: [],
      metadata: [],
    },
  };
}

const inlined = modelOf([
  makeTensor('w', { type: 'float32', dims: [2000], data: weights }),
  makeTensor('v', { type: 'float32', dims: [2, 1000], data: weights }),
  makeTensor('small', { type: 'int64', dims: [1], data: BigInt64Array.of(3n) }),
]);

const pointing = (external: ExternalData): Model =>
  modelOf([{ name: 'w', dims: [2000], dataType: 1, external }]);

async function save(model: Model): Promise<string> {
  const path = join(folder, 'm.onnx');
  await writeFile(path, encodeModel(model));
  return path;
}

describe('one file', () => {
  it('is the encoded model, and comes back with its size and digest', async () => {
    const path = join(folder, 'm.onnx');
    const bytes = encodeModel(inlined);
    expect(await writeModel(path, inlined)).toEqual({ path, bytes: bytes.length });
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
    const read = await readModel(path);
    expect(read).toMatchObject({ path, bytes: bytes.length });
    expect(read.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(tensorArray(read.model.graph.initializers[1]!).data).toEqual(weights);
  });

  it.each([
    ['a missing file', 'none.onnx', 'io.no-file'],
    ['a folder', '.', 'io.not-a-file'],
  ])('%s is named', async (_, name, code) => {
    await expect(readModel(join(folder, name))).rejects.toMatchObject({ kind: 'io', code });
  });
});

describe('external data', () => {
  it('lie page-aligned in a data file and are read back by range', async () => {
    const path = join(folder, 'm.onnx');
    const written = await writeModel(path, inlined, { external: 'always' });
    expect(written).toMatchObject({ dataPath: `${path}.data`, dataBytes: 8192 + 8000 });
    const { model } = await readModel(path);
    expect(model.graph.initializers.map((t) => t.external?.offset)).toEqual([0, 8192, undefined]);
    expect(model.graph.initializers.map((t) => [...tensorArray(t).data])).toEqual(
      inlined.graph.initializers.map((t) => [...tensorArray(t).data]),
    );
    // Read from a data file, written to one again, elsewhere.
    const again = await writeModel(join(folder, 'copy.onnx'), model);
    expect(again.dataPath).toBe(join(folder, 'copy.onnx.data'));
    expect(await readFile(again.dataPath!)).toEqual(await readFile(written.dataPath!));
    // In memory they are part of the model: encoding puts them inside.
    expect(encodeModel(model)).toEqual(encodeModel(inlined));
  });

  it('neither file is replaced without force', async () => {
    const path = join(folder, 'm.onnx');
    await writeFile(`${path}.data`, 'old');
    await expect(writeModel(path, inlined, { external: 'always' })).rejects.toMatchObject({
      code: 'io.exists',
    });
    expect(await readFile(`${path}.data`, 'utf8')).toBe('old');
    await writeModel(path, inlined, { external: 'always', force: true });
    expect((await readModel(path)).model.graph.initializers).toHaveLength(3);
  });

  it.each(['../secret', '/etc/passwd', 'C:\\secret', '\\\\host\\share', 'a/../../secret', 'nul\0', 'link'])(
    'location %j leaves the folder and is refused',
    async (location) => {
      const home = join(folder, 'home');
      await mkdir(home);
      await writeFile(join(folder, 'secret'), new Uint8Array(8000));
      await symlink(join(folder, 'secret'), join(home, 'link'));
      await writeFile(join(home, 'm.onnx'), encodeModel(pointing({ location, offset: 0, length: 8000 })));
      await expect(readModel(join(home, 'm.onnx'))).rejects.toMatchObject({
        kind: 'model',
        code: 'model.external-outside',
        message: expect.stringContaining("'w'"),
      });
    },
  );

  it('follows subfolders and links that stay inside', async () => {
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'w'), new Uint8Array(weights.buffer));
    await symlink(join('data', 'w'), join(folder, 'link'));
    for (const location of ['data/w', './data/../data/w', 'link']) {
      const { model } = await readModel(await save(pointing({ location, offset: 0 })));
      expect(tensorArray(model.graph.initializers[0]!).data).toEqual(weights);
    }
  });

  it('a missing file or a folder is named with its tensor', async () => {
    for (const location of ['gone', '.']) {
      await expect(readModel(await save(pointing({ location, offset: 0 })))).rejects.toMatchObject({
        code: 'model.external-missing',
        message: expect.stringContaining("'w'"),
      });
    }
  });

  it.each([
    { offset: 0, length: 8001 },
    { offset: 8001 },
    { offset: 4096, length: 8000 },
    { offset: 0, length: 2 ** 40 },
  ])('range %j outside the file is refused', async (range) => {
    await writeFile(join(folder, 'w'), new Uint8Array(8000));
    await expect(readModel(await save(pointing({ location: 'w', ...range })))).rejects.toMatchObject({
      code: 'model.external-range',
    });
  });

  it('many claims on the same bytes are refused, equal ones are read once', async () => {
    await writeFile(join(folder, 'w'), new Uint8Array(8000));
    const claims = (step: number) =>
      modelOf(
        Array.from({ length: 50 }, (_, i) => ({
          name: `w${i}`,
          dims: [1000],
          dataType: 1,
          external: { location: 'w', offset: i * step, length: 4000 },
        })),
      );
    await expect(readModel(await save(claims(4)))).rejects.toMatchObject({ code: 'model.external-range' });
    const { model } = await readModel(await save(claims(0)));
    expect(new Set(model.graph.initializers.map((t) => t.raw)).size).toBe(1);
  });

  it('a tensor of 2 GiB is refused before it is read', async () => {
    await writeFile(join(folder, 'w'), '');
    await truncate(join(folder, 'w'), 2 ** 31);
    await expect(readModel(await save(pointing({ location: 'w', offset: 0 })))).rejects.toMatchObject({
      code: 'model.external-too-large',
    });
  });
});
