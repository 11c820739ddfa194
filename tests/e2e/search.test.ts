// `sensitivity` and `run` on the demo's classifier, as a user runs them: what they print, what lies in the run folder, how a run goes on.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { searchDocument } from '../../packages/cli/src/documents/search-document.ts';
import { sensitivityDocument } from '../../packages/cli/src/documents/sensitivity-document.ts';
import { openDemoPlace } from './demo-place.ts';
import type { Workplace } from './run-cli.ts';

let place: Workplace;
beforeEach(async () => {
  place = await openDemoPlace();
  return () => place.close();
});

const DATA = ['--data', 'data.bin', '--record-shape', '3x64x64', '--threads', '1'];
const RUN = ['run', 'net.onnx', ...DATA, '--criterion', 'l1', '--holdout', '0.5', '--run-dir', 'a'];
const QUICK = [...RUN, '--recover', 'none', '--probe-limit', '40', '--rates', '0.25,0.5', '--no-bench'];
const read = (file: string) => readFile(join(place.folder, file), 'utf8');

describe('sensitivity', () => {
  it('shows how much every group matters, the most robust first', async () => {
    const { code, stdout, stderr } = await place.run([
      ...['sensitivity', 'net.onnx', ...DATA, '--limit', '60', '--refine', '0'],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^top1 [01]\.\d{4} uncut; how much it drops/);
    expect(stdout).toMatch(/^group +channels +-25 % +-50 % +-75 % +saves MACs$/m);
    const drops = [...stdout.matchAll(/^\S+_out +\d+ .* (-?\d\.\d{3}) ±\d\.\d{3} +\d+\.\d %$/gm)].map(
      ([, drop]) => Number(drop),
    );
    expect(drops).toHaveLength(7);
    expect(drops).toEqual([...drops].sort((a, b) => a - b));
    expect(stdout).toMatch(
      /^21 probes over at most 60 samples, in \d+ s, at the cost of \d+\.\d evaluations/m,
    );
    expect(stdout).toMatch(/^next: espalier run net\.onnx --target macs=0\.7 --data data\.bin /m);
    expect(stderr).toContain('data: 120 labelled images 3x64x64');
  });

  it('is a document, exact where it is asked to be', async () => {
    const args = [
      'sensitivity',
      'net.onnx',
      ...DATA,
      '--limit',
      '30',
      '--rates',
      '50%',
      '--refine',
      '0',
      '--probing',
      'exact',
    ];
    const { stdout, stderr } = await place.run([...args, '--criterion', 'l2', '--json', '--quiet']);
    const document = sensitivityDocument.strict().parse(JSON.parse(stdout));
    expect(stderr).toBe('');
    expect(document).toMatchObject({ criterion: 'l2', metric: 'top1', data: { samples: 30 } });
    expect(document.metrics.probes).toBe(7);
    for (const { points } of document.groups) {
      expect(points).toMatchObject([{ rate: 0.5, samples: 30 }]);
      expect(points[0]!.macs).toBeLessThan(document.cost.macs);
    }
  });

  it('needs data, rates that mean something and a group to cut', async () => {
    const args = ['sensitivity', 'net.onnx'];
    expect(await place.fail(args)).toMatchObject({ code: 'sensitivity.no-data', exitCode: 2 });
    expect(await place.fail([...args, ...DATA, '--rates', '0'])).toMatchObject({
      code: 'options.bad-share',
      exitCode: 2,
    });
    expect(await place.fail([...args, ...DATA, '--ignore', '*'])).toMatchObject({
      ...{ code: 'plan.nothing-to-cut', exitCode: 4 },
    });
  });
});

describe('run', () => {
  it('tells every step, the widths and where all that lies', async () => {
    const args = [
      ...QUICK,
      '--target',
      'macs=0.8',
      '--max-drop',
      '30%',
      '--confidence',
      '0.5',
      '-o',
      'small.onnx',
    ];
    const { code, stdout, stderr } = await place.run(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^step +MACs +kept +parameters +kept +top1 +drop +95 % interval +tries +proof$/m);
    expect(stdout).toMatch(/^ +1 +\d+\.\d M +\d+\.\d % .* proven$/m);
    expect(stdout).toMatch(/ after, on 60 samples that nothing was learned from; at 50\.0 % confidence/);
    expect(stdout).toMatch(/^layer +channels +left\n\S+_out +\d+ +\d+$/m);
    expect(stdout).toMatch(/^next: espalier eval small\.onnx --data data\.bin .*--reference net\.onnx$/m);
    expect(stderr).toMatch(/^original: top1 [01]\.\d{4} on 60 samples$/m);
    expect(stderr).toMatch(/^cut 1 at strength 1: top1 .*; accepted$/m);
    expect((await readdir(join(place.folder, 'a'))).sort()).toEqual([
      ...['events.jsonl', 'history.json', 'models', 'plan.json'],
      ...['report.html', 'report.json', 'report.md', 'results.csv', 'run.json'],
    ]);
    const best = await readFile(join(place.folder, 'a/models/best.onnx'));
    expect(await readFile(join(place.folder, 'small.onnx'))).toEqual(best);
    expect(stdout).toContain('/a (report.html, report.md, ');
    expect(await read('a/report.md')).toContain('## Widths');
    const page = await read('a/report.html');
    expect(page).toMatch(/<h1>\d+\.\d % of the MACs, top1 [−+±]\d+\.\d points<\/h1>/);
    for (const id of ['steps', 'sensitivity', 'widths', 'graph', 'frozen', 'tries', 'proofs', 'origin']) {
      expect(page).toContain(`<section id="${id}">`);
    }
    // Self-contained: nothing is fetched and nothing runs.
    expect(page).not.toMatch(/<(?:script|link|img|iframe)\b|\bsrc=|@import/);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    // The plan does the same to the original again.
    const again = ['prune', 'net.onnx', '--plan', 'a/plan.json', '-o', 'again.onnx', '--no-bench', '--quiet'];
    expect((await place.run(again)).code).toBe(0);
    const bytes = await readFile(join(place.folder, 'again.onnx'));
    expect(bytes.length).toBe(best.length);
  });

  it('saves the best model when the target is not reached, and goes on when it may', {
    timeout: 150_000,
  }, async () => {
    const args = [
      ...QUICK,
      '--target',
      'macs=0.6',
      '--max-drop',
      '60%',
      '--confidence',
      '0.5',
      '--step-share',
      '0.3',
    ];
    const part = await place.run([...args, '--iterations', '1', '--json', '--quiet']);
    expect(part.code).toBe(4);
    const document = searchDocument.strict().parse(JSON.parse(part.stdout));
    expect(document).toMatchObject({
      reason: 'iterations',
      remarks: [],
      judgedBy: 60,
      strategy: 'iterative',
    });
    expect(document.steps).toHaveLength(2);
    expect(document.metrics.macs).toBeLessThan(1);
    expect(part.stderr).toMatch(
      /^error run\.target-not-reached: \d+\.\d % of the MACs are left instead of 60\.0 %: /,
    );
    expect(part.stderr).toMatch(
      /^hint: The best model so far is .*\/a\/models\/best\.onnx\. Go on with `espalier run .* --resume/m,
    );
    expect(await read('a/report.md')).toMatch(/The iterations were used up\. 1 cut accepted\./);
    // Gone on with, and this time every step is measured.
    const measured = args.filter((word) => word !== '--no-bench');
    const whole = await place.run([...measured, '--resume', '--json', '--quiet']);
    const finished = searchDocument.strict().parse(JSON.parse(whole.stdout));
    expect([whole.code, finished.reason]).toEqual([0, 'target']);
    expect(finished.steps.slice(0, 2)).toEqual(document.steps);
    expect(finished.metrics.macs).toBeLessThanOrEqual(0.61);
    const names = finished.latency?.models.map(({ name }) => name);
    expect(names).toEqual(['original', ...finished.steps.slice(1).map(({ step }) => `step ${step}`)]);
    expect(await read('a/report.html')).toContain('milliseconds per run');

    expect(await place.fail([...args, '--resume', '--target', 'macs=0.5'])).toMatchObject({
      ...{ code: 'run.other-settings', exitCode: 2 },
      message: expect.stringContaining('target is "macs=0.5" now and was "macs=0.6"'),
    });
    await place.write('other.onnx', await readFile(join(place.folder, 'a/models/best.onnx')));
    const other = args.map((word) => (word === 'net.onnx' ? 'other.onnx' : word));
    expect(await place.fail([...other, '--resume'])).toMatchObject({
      ...{ code: 'run.other-settings', message: expect.stringContaining('model is ') },
    });
    expect(await place.fail(args)).toMatchObject({ code: 'io.exists', exitCode: 1 });
  });

  it('cuts by a table of rates, as prune does, and ends where the table ends', async () => {
    const table = ['--layer-rates', '*=0.25'];
    const args = [...QUICK, ...table, '--max-drop', '90%', '--confidence', '0.5', '--json', '--quiet'];
    const { code, stdout } = await place.run(args);
    expect(code).toBe(0);
    const document = searchDocument.strict().parse(JSON.parse(stdout));
    expect(document).toMatchObject({
      strategy: 'layer-rates',
      reason: 'target',
      target: { measure: 'macs' },
    });
    expect(document.metrics.macs).toBeCloseTo(document.target.kept, 12);
    const prune = ['prune', 'net.onnx', ...table, '--criterion', 'l1', '--dry-run', '--no-bench'];
    const pruned = JSON.parse((await place.run([...prune, '--json', '--quiet'])).stdout);
    expect(pruned.layers).toEqual(document.layers);
    expect(await place.fail(['prune', 'net.onnx', '--layer-rates', '[.5]'])).toMatchObject({
      ...{ code: 'run.layer-rates', exitCode: 2 },
      message: 'The table has 1 rates, the model 7 groups that can be cut.',
    });
  });

  it('ends at Ctrl-C with what it has and says how to go on', async () => {
    let sent = false;
    const args = [...QUICK, '--target', 'macs=0.1', '--max-drop', '90%', '--confidence', '0.5'];
    const { code, stdout, stderr } = await place.run(args, {
      onError: (text, interrupt) => {
        if (sent || !/^step 1: /m.test(text)) return;
        sent = true;
        interrupt();
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^error interrupted: The run was interrupted after step \d+; the best model so far is /m,
    );
    expect(stderr).toMatch(/^hint: Go on with `espalier run net\.onnx .*--run-dir a --resume.*`\.$/m);
    expect(stdout).toMatch(/^model: .*\/a\/models\/best\.onnx$/m);
    expect(await read('a/report.html')).toContain('The run is not finished: ');
  });

  it.each([
    [['--target', 'macs=1.5'], 'run.bad-target', 2],
    [['--target', 'speed=0.5'], 'run.bad-target', 2],
    [[], 'run.bad-target', 2],
    [['--target', 'macs=0.5', '--max-drop', 'much'], 'options.bad-share', 2],
    [['--target', 'macs=0.5', '--deterministic', '--time', '5s'], 'train.not-deterministic', 2],
    [['--target', 'macs=0.5', '--resume'], 'run.missing', 1],
    [['--target', 'macs=0.5', '-o', 'net.onnx'], 'prune.same-file', 2],
    [['--target', 'macs=0.5', '-o', 'data.bin'], 'io.exists', 1],
  ])('refuses %j', async (args, code, exitCode) => {
    expect(await place.fail([...QUICK, ...args])).toMatchObject({ code, exitCode });
    expect((await readdir(place.folder)).sort()).toEqual(['data.bin', 'net.onnx']);
  });

  it('needs data, and the folder of what is to be gone on with', async () => {
    const target = ['run', 'net.onnx', '--target', 'macs=0.5'];
    expect(await place.fail(target)).toMatchObject({ code: 'run.no-data', exitCode: 2 });
    expect(await place.fail([...target, ...DATA, '--resume'])).toMatchObject({
      code: 'train.no-run',
      exitCode: 2,
    });
    expect(await readdir(place.folder)).toEqual(['data.bin', 'net.onnx']);
  });
});

it('prune does not train', async () => {
  const args = ['prune', 'net.onnx', '--macs', '0.5', ...DATA, '--recover', 'finetune'];
  expect(await place.fail(args)).toMatchObject({ code: 'recovery.trains', exitCode: 2 });
});
