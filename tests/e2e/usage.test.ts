import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configDocument } from '../../packages/cli/src/documents/config-document.ts';
import { errorDocument } from '../../packages/cli/src/documents/error-document.ts';
import { openWorkplace, type Workplace } from './run-cli.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place.close());

describe('help', () => {
  it.each([[[]], [['--help']], [['help']]])('answers %j with all commands', async (args) => {
    const { code, stdout, stderr } = await place.run(args);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of [
      'inspect',
      'groups',
      'score',
      'prune',
      'finetune',
      'train',
      'verify',
      'eval',
      'bench',
      'doctor',
      'config',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    }
    expect(stdout).toContain('5 verification');
  });

  it('explains the options of a command', async () => {
    const { code, stdout } = await place.run(['prune', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/-o, --output <FILE>/);
    expect(stdout).toMatch(/--no-verify +do not prove/);
    const headings = ['Target', 'Limits', 'Scoring', 'Output', 'Data', 'Recovery', 'Devices', 'Engine'];
    expect(stdout.match(/^\w+(?=:$)/gm)).toEqual(['Arguments', ...headings, 'Options', 'Examples']);
    // Few options need no headings.
    expect((await place.run(['inspect', '--help'])).stdout).not.toMatch(/^Output:$/m);
    expect(stdout).toContain('$ espalier prune model.onnx -o small.onnx --macs 0.6');
  });

  it('prints the version', async () => {
    expect(await place.run(['--version'])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });
});

describe('bad usage exits with 2', () => {
  it.each([
    [['inspekt', 'm.onnx'], 'usage.unknown-command', 'Did you mean inspect?'],
    [['frobnicate'], 'usage.unknown-command', 'There are inspect, groups, score, prune, '],
    [['prune', 'm.onnx', '--mac', '0.6'], 'usage.unknown-flag', 'Did you mean --macs?'],
    [['config'], 'usage.missing-command', 'See'],
    [['config', 'prnt'], 'usage.unknown-command', 'Did you mean print?'],
    [['inspect'], 'usage.missing-argument', 'See'],
    [['inspect', 'a.onnx', 'b.onnx'], 'usage.excess-arguments', 'See'],
    [['prune', 'm.onnx', '--macs'], 'usage.missing-value', 'See'],
    [['prune', 'm.onnx', '--macs', '1.5'], 'options.bad-value', 'It takes a number above 0, below 1.'],
    [['prune', 'm.onnx', '--criterion', 'fsl'], 'options.bad-value', "Did you mean 'fscl'?"],
    [['prune', 'm.onnx'], 'prune.no-target', '--macs'],
    [['prune', 'm.onnx', '--macs', '0.5', '--ratio', '0.5'], 'prune.clashing-targets', '--plan'],
    [['prune', 'm.onnx', '--macs', '0.5', '-o', './m.onnx'], 'prune.same-file', '-o'],
    [['inspect', 'm.onnx', '--input-shape', 'x:0x3'], 'options.bad-shape', '1x3x224x224'],
    [['verify', 'a.onnx', 'b.onnx'], 'verify.no-plan', '--plan'],
    [['eval', 'm.onnx'], 'eval.no-data', '--data'],
  ])('%j', async (args, name, hint) => {
    const { code, stdout, stderr } = await place.run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const [first, second] = stderr.trimEnd().split('\n').slice(-2);
    expect(first).toMatch(new RegExp(`^error ${name}: [A-Z-].*\\.$`));
    expect(second).toMatch(/^hint: /);
    expect(second).toContain(hint);
  });

  it('as a document with --json, also when the command line is not understood', async () => {
    const { code, stdout, stderr } = await place.run(['prune', 'm.onnx', '--mac', '0.6', '--json']);
    expect(code).toBe(2);
    expect(errorDocument.parse(JSON.parse(stdout))).toMatchObject({
      code: 'usage.unknown-flag',
      exitCode: 2,
    });
    expect(stderr).toMatch(/^error usage.unknown-flag: Unknown option '--mac'\./);
  });
});

describe('options', () => {
  it('come from flag, environment, config file and default, in this order', async () => {
    await place.write('espalier.yaml', 'macs: 0.7\nround-to: 4\ncriterion: l1\n');
    const environment = { ESPALIER_ROUND_TO: '8', ESPALIER_CRITERION: 'l2' };
    const { code, stdout } = await place.run(['config', 'print', '--criterion', 'fpgm', '--json'], {
      environment,
    });
    expect(code).toBe(0);
    const { file, options } = configDocument.parse(JSON.parse(stdout));
    expect(file).toMatch(/espalier\.yaml$/);
    const byName = new Map(options.map(({ name, value, source }) => [name, [value, source]]));
    expect(byName.get('macs')).toEqual([0.7, 'config']);
    expect(byName.get('round-to')).toEqual([8, 'environment']);
    expect(byName.get('criterion')).toEqual(['fpgm', 'flag']);
    expect(byName.get('seed')).toEqual([0, 'default']);
  });

  it('are refused by the name of their key, with the one that was meant', async () => {
    await place.write('typo.yaml', 'rund-to: 8\n');
    const { code, stderr } = await place.run(['config', 'print', '--config', 'typo.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain("typo.yaml has the unknown key 'rund-to' in line 1.");
    expect(stderr).toContain("Did you mean 'round-to'?");
  });

  it('have a JSON Schema', async () => {
    const { code, stdout } = await place.run(['config', 'schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { 'max-ratio': { maximum: 1 } } });
  });

  it.each([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('colour as the environment says: %j', async (environment: Record<string, string>, coloured) => {
    const { stdout } = await place.run(['config', 'print'], { environment });
    expect(stdout.includes('\u001b[')).toBe(coloured);
  });
});
