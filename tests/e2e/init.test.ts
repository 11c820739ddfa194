// `init` and a run from what it wrote, as a user goes from a model and some pictures to a smaller model.
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { configDocument } from '../../packages/cli/src/documents/config-document.ts';
import { initDocument } from '../../packages/cli/src/documents/init-document.ts';
import { searchDocument } from '../../packages/cli/src/documents/search-document.ts';
import { classifier, openDemoPlace } from './demo-place.ts';
import type { Workplace } from './run-cli.ts';

let place: Workplace;
beforeEach(async () => {
  place = await openDemoPlace();
  return () => place.close();
});

const read = (file: string) => readFile(join(place.folder, file), 'utf8');

describe('init', () => {
  it('writes a file that a run starts from, and the schema that editors ask for', {
    timeout: 120_000,
  }, async () => {
    const { code, stdout, stderr } = await place.run(['init', 'net.onnx', '--data', 'data.bin']);
    expect([code, stderr.includes('warning')]).toEqual([0, false]);
    expect(stdout).toMatch(/^model +a classifier, input 1x3x64x64, /m);
    expect(stdout).toMatch(/^labels +one class per sample, \d classes$/m);
    expect(stdout).toMatch(/^preprocessing +top1 +samples$/m);
    expect(stdout).toMatch(/^\S.* taken$/m);
    expect(stdout).toMatch(/^next: espalier run$/m);
    expect((await readdir(place.folder)).sort()).toEqual([
      ...['data.bin', 'espalier.schema.json', 'espalier.yaml', 'net.onnx'],
    ]);
    const text = await read('espalier.yaml');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/espalier\.schema\.json\n/);
    expect(text).toMatch(/^model: net\.onnx$/m);
    expect(text).toMatch(/^data: data\.bin$/m);
    const schema = JSON.parse(await read('espalier.schema.json'));
    for (const key of text.match(/^#?[a-z][a-z-]*(?=: )/gm)!)
      expect(schema.properties).toHaveProperty([key.replace('#', '')]);

    const shown = await place.run(['config', 'print', '--json']);
    const { options } = configDocument.parse(JSON.parse(shown.stdout));
    expect(options.find(({ name }) => name === 'model')).toMatchObject({
      ...{ source: 'config', value: expect.stringMatching(/\/net\.onnx$/) },
    });

    // Without a word but what makes it quick.
    const quick = [
      '--iterations',
      '1',
      '--rates',
      '0.25',
      '--probe-limit',
      '20',
      '--recover',
      'none',
      '--no-bench',
    ];
    const run = await place.run([
      'run',
      ...quick,
      '--threads',
      '1',
      '--max-drop',
      '50%',
      '--json',
      '--quiet',
    ]);
    const document = searchDocument.parse(JSON.parse(run.stdout));
    expect(document.model.path).toMatch(/\/net\.onnx$/);
    expect(document.target).toEqual({ measure: 'macs', kept: 0.6 });
    expect(document.judgedBy).toBe(60);
    expect(await readdir(join(place.folder, 'runs'))).toEqual(['net-1']);
  });

  it('looks at the model alone where there are no data, and names what is missing', async () => {
    const { code, stdout } = await place.run(['init', '--json', '--quiet']);
    expect(code).toBe(0);
    const document = initDocument.strict().parse(JSON.parse(stdout));
    expect(document).toMatchObject({
      ...{ data: null, preprocess: null, model: { task: 'classify' }, settings: { model: 'net.onnx' } },
      obstacles: ['There are no data yet: fill in `data`.'],
      next: 'espalier init net.onnx --force --data PATH',
    });
    expect(await read('espalier.yaml')).toMatch(/^#data: path\/to\/images$/m);
    expect(await place.fail(['run'])).toMatchObject({ code: 'run.no-data' });
  });

  it('hands on what it is told, with paths from where the file lies', async () => {
    await mkdir(join(place.folder, 'configs'));
    const told = ['--record-shape', '3x64x64', '--preprocess', 'scale=1/255', '--task', 'classify'];
    const args = ['init', 'net.onnx', '--data', 'data.bin', '-o', 'configs/a.yaml', ...told];
    const { stdout } = await place.run([...args, '--json', '--quiet']);
    expect(initDocument.parse(JSON.parse(stdout))).toMatchObject({
      settings: {
        ...{ model: '../net.onnx', data: '../data.bin', 'record-shape': '3x64x64' },
        ...{ preprocess: 'scale=1/255', task: 'classify' },
      },
      preprocess: { trials: [{ name: 'as it was told' }] },
      next: 'espalier run --config configs/a.yaml',
    });
    const shown = await place.run(['inspect', '--config', 'configs/a.yaml', '--json', '--quiet']);
    expect(JSON.parse(shown.stdout).model.path).toBe(join(place.folder, 'net.onnx'));
  });

  it('replaces nothing unasked', async () => {
    await place.write('espalier.yaml', 'nonsense: true\n');
    expect(await place.fail(['init', 'net.onnx'])).toMatchObject({ code: 'io.exists' });
    expect(await read('espalier.yaml')).toBe('nonsense: true\n');
    await place.write('espalier.schema.json', '{"title": "of mine"}');
    expect(await place.fail(['init', 'net.onnx', '-o', 'b.yaml'])).toMatchObject({ code: 'io.exists' });
    expect((await place.run(['init', 'net.onnx', '--force'])).code).toBe(0);
    expect(await read('espalier.yaml')).toMatch(/^model: net\.onnx$/m);
    // The schema is its own now, and may be renewed.
    expect((await place.run(['init', 'net.onnx', '-o', 'b.yaml'])).code).toBe(0);
  });

  it('asks which model when there are several, and when there is none', async () => {
    await place.write('other.onnx', await readFile(classifier));
    expect(await place.fail(['init'])).toMatchObject({
      ...{ code: 'init.no-model', exitCode: 2 },
      message: 'There are 2 ONNX files in this folder: net.onnx, other.onnx.',
    });
    expect(await place.fail(['run'])).toMatchObject({ code: 'usage.missing-argument', exitCode: 2 });
  });
});

describe('the model of a config file', () => {
  it('is what every command on one model takes, unless the command line names another', async () => {
    await place.write('espalier.yaml', 'model: net.onnx\n');
    await place.write('other.onnx', await readFile(classifier));
    const pathOf = async (args: readonly string[], environment = {}) => {
      const { stdout } = await place.run(['inspect', ...args, '--json', '--quiet'], { environment });
      return JSON.parse(stdout).model.path as string;
    };
    expect(await pathOf([])).toBe(join(place.folder, 'net.onnx'));
    expect(await pathOf([], { ESPALIER_MODEL: 'other.onnx' })).toBe(join(place.folder, 'other.onnx'));
    expect(await pathOf(['net.onnx'], { ESPALIER_MODEL: 'other.onnx' })).toBe(join(place.folder, 'net.onnx'));
  });

  it('and its values are refused with their line', async () => {
    await place.write('espalier.yaml', 'model: net.onnx\n\nmax-drop: 1%\nholdout: 2\n');
    expect(await place.fail(['run'])).toMatchObject({
      ...{ code: 'config.bad-value', exitCode: 2, hint: 'It takes a number above 0, below 1.' },
      message: expect.stringMatching(/^'holdout' in .*espalier\.yaml, line 4, cannot be 2\.$/),
    });
  });
});
