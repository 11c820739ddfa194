import { expect, it } from 'vitest';
import { describeRun } from '../describe/describe-run.ts';
import { describeWholeRun } from '../describe/describe-whole-run.ts';
import { searchRun, trainedRun } from '../describe/described-runs.case.ts';
import { type RunsShowDocument, runsShowDocument } from '../documents/runs-show-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatRunsShow } from './runs-show-report.ts';

const textOf = (document: RunsShowDocument): string =>
  formatRunsShow(runsShowDocument.strict().parse(document), plainPaint).join('\n');

it('tells of a search what it was asked, every try, the files, and which models are gone', async () => {
  const document = await describeWholeRun(searchRun({ model: '00', seed: 0, maxDrop: '3%', time: 5 }));
  const trial = { step: 1, strength: 0.5, macs: 60, cutAlone: 0.5, recovered: 0.88, worst: 0.02, seconds: 9 };
  const text = textOf({
    ...document,
    ...{ asked: 'espalier run net.onnx', folder: '/m', espalier: '0.1.0', machine: 'a machine' },
    trials: [{ ...trial, allowed: 0.01, accepted: false }],
    files: [{ name: 'run.json', bytes: 1000, text: 'what it was asked' }],
    ...{ result: '/m/best.onnx', resume: 'espalier run --resume', next: 'espalier eval best.onnx' },
  });
  expect(text).toMatch(
    /^none: target met, after 1 step\nespalier run net\.onnx\nin \/m; began -, last entry 2026-/,
  );
  expect(text).toMatch(/; espalier 0\.1\.0; a machine$/m);
  expect(text).toMatch(/^ +1 +60 +60\.0 % .* proven$/m);
  expect(text).toMatch(/^ +1 +0\.5 +60\.0 % +0\.5000 +0\.8800 +0\.0200 +0\.0100 +9 s +refused$/m);
  // Neither digests nor what everybody has.
  expect(text).toMatch(/^setting +value\nmax-drop +3%\ntime +5\n\n/m);
  expect(text).toMatch(/^run\.json +1\.00 kB +what it was asked$/m);
  expect(text).toContain('The models of steps 0, 1 were not kept');
  expect(text).toMatch(
    /model: \/m\/best\.onnx\ngo on: espalier run --resume\nnext: espalier eval best\.onnx$/,
  );
});

it('tells of a training how it went', async () => {
  const document = await describeWholeRun(trainedRun());
  const text = textOf({
    ...document,
    training: { ...document.training!, planned: 40, batch: 16, rollbacks: 1 },
  });
  expect(text).toContain('none: interrupted, after 20 of 40 steps');
  expect(text).toMatch(
    /^step +loss\n +0 +0\.5000 +as it came\n +10 +0\.7500 +the best so far\n +20 +0\.6250$/m,
  );
  expect(text).toContain('batches of 16, 0.0 epochs, thrown back 1 time.');
  expect(text).not.toContain('next:');
});

it('says who writes to it', async () => {
  const holder = { pid: 7, host: 'here', since: '2026-07-30T09:00:00.000Z', born: null };
  const run = await describeRun(searchRun({}, [], { state: 'running', holder }));
  const document = await describeWholeRun(searchRun({}, []));
  expect(textOf({ ...document, run })).toMatch(
    /^none: running \(process 7 on here, since 2026-.*\), after 0 steps$/m,
  );
});
