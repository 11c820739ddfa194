// Run folders as a user meets them: a run that is killed again and again ends as one that never was, and `runs` lists, shows, compares and removes
// what is there by then: the tests follow each other.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareDocument } from '../../packages/cli/src/documents/compare-document.ts';
import { runsCompareDocument } from '../../packages/cli/src/documents/runs-compare-document.ts';
import { runsListDocument } from '../../packages/cli/src/documents/runs-list-document.ts';
import { runsReportDocument } from '../../packages/cli/src/documents/runs-report-document.ts';
import { runsRmDocument } from '../../packages/cli/src/documents/runs-rm-document.ts';
import { runsShowDocument } from '../../packages/cli/src/documents/runs-show-document.ts';
import { searchDocument } from '../../packages/cli/src/documents/search-document.ts';
import { lockRun } from '../../packages/node/src/runs/run-lock.ts';
import { openSearchPlace, type SearchPlace } from '../../packages/node/src/search/searched-net.case.ts';
import { openWorkplace, type Workplace } from './run-cli.ts';

let place: Workplace;
let pictures: SearchPlace;
beforeAll(async () => {
  place = await openWorkplace();
  pictures = await openSearchPlace();
  await mkdir(join(place.folder, 'other'));
  await place.write('net.onnx', await readFile(pictures.model));
  await place.write('data.bin', await readFile(pictures.dataOf(true).path));
});
afterAll(async () => {
  await place.close();
  await pictures.close();
});

const DATA = ['--data', 'data.bin', '--record-shape', '3x4x4', '--preprocess', 'mean=0.5 std=0.29'];
const RUN = [
  ...[
    'run',
    'net.onnx',
    ...DATA,
    '--holdout',
    '0.5',
    '--batch',
    '8',
    '--augment',
    'none',
    '--criterion',
    'l1',
  ],
  ...['--target', 'macs=0.4', '--max-drop', '20%', '--confidence', '0.5', '--seed', '5', '--no-bench'],
];
const TRAINED = [...RUN, '--recover', 'finetune', '--epochs', '3', '--deterministic', '--json'];

const at = (...names: readonly string[]): string => join(place.folder, ...names);
const bytesOf = (...names: readonly string[]): Promise<Buffer> => readFile(at(...names));
const count = async (run: string, type: string): Promise<number> => {
  const journal = at(run, 'events.jsonl');
  return existsSync(journal) ? (await readFile(journal, 'utf8')).split(`"type":"${type}"`).length - 1 : 0;
};

async function ask<Document>(
  schema: { parse(value: unknown): Document },
  args: readonly string[],
): Promise<Document> {
  const { code, stdout, stderr } = await place.run([...args, '--json', '--quiet']);
  expect([code, stderr]).toEqual([0, '']);
  return schema.parse(JSON.parse(stdout));
}

describe('run --deterministic', () => {
  it('ends with the same steps and bytes when it was killed on the way', { timeout: 240_000 }, async () => {
    const whole = await place.run([...TRAINED, '--run-dir', 'runs/a']);
    expect(whole.code).toBe(0);
    const { steps } = searchDocument.strict().parse(JSON.parse(whole.stdout));
    expect(steps.length).toBeGreaterThan(2);

    const run = 'other/a';
    const parts = [...TRAINED, '--run-dir', run];
    await place.kill(parts, async () => (await count(run, 'sensitivity.group')) >= 1);
    expect(existsSync(at(run, 'run.lock'))).toBe(true);
    const again = [...parts, '--resume'];
    // Trainings are not in the journal of a run, but it tells of them.
    await place.kill(again, (stderr) => /^training/m.test(stderr));
    expect(await count(run, 'search.trial')).toBe(0);
    await place.kill(again, async () => (await count(run, 'search.trial')) >= 1);
    await place.kill(again, async () => (await count(run, 'search.step')) >= 2);
    expect(existsSync(at(run, 'results.csv'))).toBe(false);
    const { cuts, page } = await ask(runsReportDocument.strict(), ['runs', 'report', run]);
    expect(cuts).toBe((await count(run, 'search.step')) - 1);
    expect(await readFile(page, 'utf8')).toContain('Every try');
    const resumed = await place.run(again);
    expect(resumed.code).toBe(0);
    expect(searchDocument.parse(JSON.parse(resumed.stdout)).steps).toEqual(steps);
    for (const name of [...steps.map(({ step }) => `step-${step}`), 'best']) {
      expect(await bytesOf(run, 'models', `${name}.onnx`)).toEqual(
        await bytesOf('runs/a/models', `${name}.onnx`),
      );
    }
    for (const name of ['history.json', 'plan.json']) {
      expect(await bytesOf(run, name)).toEqual(await bytesOf('runs/a', name));
    }
    expect(await readdir(at(run))).not.toContain('run.lock');
    // All but the last column, the seconds.
    const numbers = async (folder: string) =>
      (await readFile(at(folder, 'results.csv'), 'utf8')).replaceAll(/,[^,\n]*$/gm, '');
    expect(await numbers(run)).toBe(await numbers('runs/a'));
    expect(await numbers(run)).toMatch(/^step,macs,params,metric,value,.*,tries\n0,\d+,\d+,top1,.*,\n1,/);
  });

  it('lets nobody else write to the run, and keeps only the models that going on needs', {
    timeout: 240_000,
  }, async () => {
    const args = [...RUN, '--recover', 'none', '--keep-models', 'last', '--run-dir', 'runs/b'];
    await place.kill(args, async () => (await count('runs/b', 'search.step')) >= 1);
    const lock = await lockRun(at('runs/b'));
    expect(await place.fail([...args, '--resume'])).toMatchObject({ code: 'run.locked', exitCode: 1 });
    expect(await place.fail(['runs', 'rm', 'b'])).toMatchObject({ code: 'run.locked', exitCode: 1 });
    expect((await place.run(['runs', 'list'])).stdout).toMatch(/^runs\/b .* running +0 /m);
    lock.release();
    expect((await place.run(['runs', 'show', 'b'])).stdout).toMatch(
      /^runs\/b: interrupted, after 0 steps\n(?:.*\n)*next: espalier run net\.onnx .* --run-dir runs\/b --resume /,
    );
    expect(await place.fail(args)).toMatchObject({ code: 'io.exists' });
    const { code, stdout } = await place.run([...args, '--resume']);
    expect(code).toBe(0);
    const last = (await count('runs/b', 'search.step')) - 1;
    expect(last).toBeGreaterThan(1);
    expect((await readdir(at('runs/b/models'))).sort()).toEqual([
      'best.onnx',
      'step-0.onnx',
      `step-${last}.onnx`,
    ]);
    expect(stdout).toContain(`steps 0 and ${last} in models/`);
  });
});

describe('compare', () => {
  const ticks = ['--bench-command', 'wc -c < {model}', '--rounds', '3', '--seconds', '0.1'];
  // What disturbs a measurement comes as a warning.
  const compare = async (...args: readonly string[]) => {
    const { code, stdout } = await place.run(['compare', ...args, '--json', '--quiet']);
    expect(code).toBe(0);
    return compareDocument.strict().parse(JSON.parse(stdout));
  };

  it('holds the steps of a run against each other on every device, and writes the one that it picks', async () => {
    const compared = await compare(
      ...['a', '--devices', 'local', '--threads', '1', ...ticks],
      ...['--pick', 'weighted', '--weights', 'size=1', '-o', 'picked.onnx'],
    );
    const { models, devices, pick } = compared;
    expect(models.map(({ step }) => step)).toEqual(models.map((_, i) => i));
    expect(models.length).toBe(await count('runs/a', 'search.step'));
    expect(new Set(devices.map(({ device }) => device!.fingerprint)).size).toBe(2);
    for (const { latency, model, judgement } of models) {
      expect(latency.map(({ device }) => device)).toEqual(['this machine', 'wc -c <']);
      // The command tells the size of the file, so its speed-up is known.
      expect(latency[1]!.speedup.value).toBeCloseTo(models[0]!.model.bytes / model.bytes, 9);
      expect(judgement!.worst).toBeLessThanOrEqual(0.2);
    }
    // By size alone each step is better than the one before.
    expect(models.map(({ pareto }) => pareto)).toEqual(models.map((_, i) => i === models.length - 1));
    expect(pick.step).toBe(models.length - 1);
    expect(compared.output).toBe(at('picked.onnx'));
    expect(await bytesOf('picked.onnx')).toEqual(await bytesOf('runs/a', 'models', `step-${pick.step}.onnx`));
    expect(await place.fail(['compare', 'a', '-o', 'picked.onnx'])).toMatchObject({ code: 'io.exists' });
  });

  it('picks the fastest within what the run was allowed to lose, and says so', async () => {
    const { code, stdout } = await place.run(['compare', 'runs/a', ...ticks, '--quiet']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^model +top1 +drop .* score +Pareto set\noriginal .* 1\.00x /);
    expect(stdout).toMatch(/^Pareto set, by accuracy and latency: /m);
    expect(stdout).toMatch(/^score = \(2\^\(-drop \/ 0\.2\)\)\^0\.5 x speed-up\^0\.5; /m);
    expect(stdout).toMatch(
      /^pick: step \d+, the fastest that loses at most 0\.2 of top1 at 50\.0 % confidence \(/m,
    );
    expect(stdout).toMatch(/^next: espalier eval runs\/a\/models\/step-\d+\.onnx --data data\.bin /m);
  });

  it('evaluates models where there are data, and says what is missing where there are none', async () => {
    const files = ['net.onnx', 'runs/a/models/step-1.onnx'];
    const { models, metric } = await compare(...files, ...DATA, ...ticks, '--pick', 'knee');
    expect(metric).toBe('top1');
    expect(models[0]!.judgement).toMatchObject({ drop: 0, interval: [0, 0], worst: 0 });
    const [first, second] = models.map(({ judgement }) => judgement!);
    expect(second!.drop).toBeCloseTo(first!.value - second!.value, 12);
    expect(second!.worst).toBeGreaterThanOrEqual(second!.drop);
    const { stdout } = await place.run(['compare', ...files, ...ticks, '--quiet']);
    expect(stdout).toMatch(/^model +MACs +size /);
    expect(stdout).toContain('give labelled data with --data');
    expect(stdout).toMatch(
      /^next: espalier eval runs\/a\/models\/step-1\.onnx --reference net\.onnx --data DATA$/m,
    );
  });

  it.each([
    [['a', '--weights', 'acuracy=1'], 'compare.unknown-weight'],
    [['a', '--devices', 'local,local'], 'device.twice'],
    [['net.onnx'], 'compare.no-candidates'],
    [['a', 'b'], 'compare.run-and-models'],
    [['net.onnx', 'net.onnx', '--weights', 'accuracy=1'], 'compare.no-accuracy'],
  ])('refuses %j with %s', async (args, code) => {
    expect(await place.fail(['compare', ...args])).toMatchObject({ code, exitCode: 2 });
  });
});

describe('runs', () => {
  it('lists them, with how they ended', async () => {
    const train = ['finetune', 'net.onnx', ...DATA, '--augment', 'none', '--steps', '4', '-o', 'tuned.onnx'];
    expect((await place.run([...train, '--batch', '8', '--run-dir', 'runs/c', '--quiet'])).code).toBe(0);
    const { stdout } = await place.run(['runs', 'list']);
    expect(stdout).toMatch(/^run +command +model +began +state +steps +MACs +params +metric +before /m);
    expect(stdout).toMatch(
      /^runs\/a +run +net\.onnx +\d{4}-\d\d-\d\d \d\d:\d\d +target met +\d+ +\d\d\.\d % .* top1 /m,
    );
    expect(stdout).toMatch(/^runs\/c +finetune +net\.onnx .* all steps done +4 +- +- +top1 /m);
    expect(stdout).toMatch(/^next: espalier runs show runs\/c$/m);
    const { runs } = await ask(runsListDocument.strict(), ['runs', 'list', 'other']);
    expect(runs.map(({ run, state, reason }) => [run, state, reason])).toEqual([
      ['other/a', 'ended', 'target'],
    ]);
  });

  it('shows one, and which models it has', async () => {
    const { stdout } = await place.run(['runs', 'show', 'b']);
    expect(stdout).toMatch(/^runs\/b: target met, after \d+ steps\nespalier run net\.onnx /);
    expect(stdout).toMatch(/^models\/step-0\.onnx +[\d.]+ kB +the original$/m);
    expect(stdout).toMatch(/^The models? of steps? 1\b.* not kept/m);
    expect(stdout).toMatch(
      /^next: espalier eval runs\/b\/models\/best\.onnx --data data\.bin --record-shape 3x4x4 /m,
    );
    const shown = await ask(runsShowDocument.strict(), ['runs', 'show', 'runs/b']);
    expect(shown.steps!.map(({ model }) => model !== null)).toEqual(
      shown.steps!.map((_, i) => i === 0 || i === shown.steps!.length - 1),
    );
    expect(shown.trials!.length).toBeGreaterThanOrEqual(shown.steps!.length - 1);
    const trained = await ask(runsShowDocument.strict(), ['runs', 'show', 'c']);
    expect(trained).toMatchObject({
      training: { planned: 4, batch: 8 },
      result: at('runs/c/models/best.onnx'),
    });
    expect(trained.training!.evaluations.map(({ step }) => step)).toEqual([0, 4]);
  });

  it('compares them: what was asked otherwise, and how sure the difference is', async () => {
    const compared = await ask(runsCompareDocument.strict(), [
      'runs',
      'compare',
      'a',
      'other/a',
      'c',
      '--no-bench',
    ]);
    const [same, training] = compared.drops;
    expect(same).toMatchObject({
      run: 'other/a',
      against: 'runs/a',
      value: 0,
      interval: [0, 0],
      reason: null,
    });
    expect(training).toMatchObject({ value: null, reason: expect.stringContaining('no groups of samples') });
    const { stdout } = await place.run(['runs', 'compare', 'a', 'b', '--threads', '1']);
    expect(stdout).toMatch(/^runs\/b (is \d\.\d{4} (worse|better) than|scores the same as) runs\/a/m);
    expect(stdout).toMatch(/^recover +finetune +none$/m);
    expect(stdout).toMatch(/^original .* 1\.00x /m);
    expect(stdout).toMatch(/^runs\/b .*x to .*x$/m);
    expect(stdout).not.toMatch(/^criterion /m);
  });

  it.each([
    [['show', 'bb'], 'There are runs/a, '],
    [['show', 'runs/aa'], 'Did you mean runs/a?'],
    [['compare', 'a', 'other'], 'Name them one by one: other/a.'],
    [['rm', 'a', 'net.onnx'], 'There are runs/a, '],
  ])('knows no run for %j', async (args, hint) => {
    const error = await place.fail(['runs', ...args]);
    expect(error).toMatchObject({ code: 'run.unknown', exitCode: 1, hint: expect.stringContaining(hint) });
    expect(existsSync(at('runs/a/run.json'))).toBe(true);
  });

  it('have steps to compare only where they cut', async () => {
    expect(await place.fail(['compare', 'c'])).toMatchObject({ code: 'compare.not-a-search' });
  });

  it('removes them, and nothing else', async () => {
    await place.write('runs/c/notes.txt', 'mine');
    const { removed, freed } = await ask(runsRmDocument.strict(), ['runs', 'rm', 'b', 'runs/c']);
    expect(removed.map(({ left }) => left)).toEqual([[], ['notes.txt']]);
    expect(freed).toBe(removed.reduce((sum, run) => sum + run.freed, 0));
    expect((await readdir(at('runs'))).sort()).toEqual(['a', 'c']);
    expect(await readdir(at('runs/c'))).toEqual(['notes.txt']);
    const { code, stdout } = await place.run(['runs', 'rm', 'a']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^removed runs\/a, [\d.]+ kB freed$/m);
    expect((await place.run(['runs', 'list'])).stdout).toContain('There are no runs in runs.');
  });
});
