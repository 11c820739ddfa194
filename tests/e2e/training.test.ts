// `finetune` and `train` as a user runs them: what they print, what they write, and what is left after Ctrl-C and after a kill.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel } from '@espalier/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorDocument } from '../../packages/cli/src/documents/error-document.ts';
import { finetuneDocument, trainDocument } from '../../packages/cli/src/documents/training-document.ts';
import { drawRecords, smallNet } from '../../packages/node/src/training/small-set.case.ts';
import { openWorkplace, type Workplace } from './run-cli.ts';

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  await place.write('net.onnx', encodeModel(smallNet()));
  await place.write('data.bin', drawRecords(200));
  return () => place.close();
});

const DATA = ['--data', 'data.bin', '--record-shape', '3x8x8', '--preprocess', 'mean=0.45 std=0.2'];
const QUICK = [...DATA, '--batch', '16', '--augment', 'none', '--formulations', 'plain', '--threads', '1'];

describe('finetune', () => {
  it('says what it does, what it gained, where it wrote it and what is next', async () => {
    const { code, stdout, stderr } = await place.run(['finetune', 'net.onnx', ...QUICK, '--steps', '40']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^metric +before +after\ntop1 +0\.\d{4} +1\.0000$/m);
    expect(stdout).toContain('20 samples to judge by, 180 to train on. Trained on the labels.');
    expect(stdout).toMatch(/^40 steps of 16 samples in \d+ s, \d+ images\/s; all steps were done\.$/m);
    expect(stdout).toMatch(/^model: .*net-finetuned\.onnx$/m);
    expect(stdout).toMatch(
      /^next: espalier eval net-finetuned\.onnx --data data\.bin --record-shape 3x8x8 --preprocess 'mean=0\.45 std=0\.2'$/m,
    );
    expect(stderr).toContain('20 of 200 samples are held out to judge by, and never trained on.');
    expect(stderr).toMatch(/^before the first step: top1 0\.\d{4}$/m);
    expect(stderr).toMatch(/^step 22 of 40: top1 \d\.\d{4}, loss [\d.e-]+/m);
    const next = await place.run(['eval', 'net-finetuned.onnx', ...DATA, '--json']);
    expect(JSON.parse(next.stdout).metrics.top1).toBeGreaterThan(0.95);
  });

  it('learns from a teacher without labels, as a document', async () => {
    await place.run(['train', 'net.onnx', '-o', 'teacher.onnx', ...QUICK, '--steps', '40', '--lr', '0.01']);
    const args = ['finetune', 'net.onnx', ...QUICK, '--teacher', 'teacher.onnx', '--ignore-labels'];
    const { stdout, stderr } = await place.run([...args, '--steps', '20', '--json', '--quiet']);
    const document = finetuneDocument.strict().parse(JSON.parse(stdout));
    expect(stderr).toBe('');
    expect(document.objective).toMatch(/^Trained on the teacher's logits 'scores_out'/);
    expect(document.metrics).toMatchObject({ metric: 'top1' });
    expect(document.metrics.after!).toBeGreaterThan(document.metrics.before!);
    expect(document.training).toMatchObject({ steps: 20, batch: 16, stopped: 'steps' });
    expect(document.next).toBe('espalier bench teacher.onnx net-finetuned.onnx');
  });
});

describe('train --deterministic', () => {
  const args = ['train', 'net.onnx', ...QUICK, '--from-scratch', '--deterministic', '--seed', '3'];
  // Long enough for the kill to come well before the end.
  const rest = ['--steps', '200', '--save-every', '20', '--eval-every', '20', '--json', '--quiet'];

  it('ends with the same bytes when it was killed on the way', async () => {
    const whole = await place.run([...args, ...rest, '-o', 'whole.onnx', '--run-dir', 'whole']);
    const document = trainDocument.strict().parse(JSON.parse(whole.stdout));
    expect(document.metrics.after).toBeGreaterThan(0.9);

    const parts = [...args, ...rest, '-o', 'parts.onnx', '--run-dir', 'parts'];
    await place.kill(parts, async () => {
      const journal = join(place.folder, 'parts/events.jsonl');
      return existsSync(journal) && (await readFile(journal, 'utf8')).includes('"training.saved"');
    });
    expect(existsSync(join(place.folder, 'parts.onnx'))).toBe(false);
    const resumed = await place.run([...parts, '--resume']);
    expect(resumed.code).toBe(0);

    const read = (name: string) => readFile(join(place.folder, name));
    expect(await read('parts.onnx')).toEqual(await read('whole.onnx'));
    for (const name of ['best', 'last']) {
      expect(await read(`parts/models/${name}.onnx`)).toEqual(await read(`whole/models/${name}.onnx`));
    }
    const journal = (await read('parts/events.jsonl')).toString().trimEnd().split('\n');
    const starts = journal.map((line) => JSON.parse(line)).filter(({ type }) => type === 'training.started');
    expect(starts).toHaveLength(2);
    expect(starts[1].from).toBeGreaterThanOrEqual(20);
    const record = JSON.parse((await read('parts/run.json')).toString());
    expect(record).toMatchObject({
      schema: 'espalier/run@1',
      about: { command: expect.stringMatching(/^espalier train net\.onnx .*--deterministic/) },
      settings: { seed: 3, steps: 200, deterministic: true, model: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});

describe('Ctrl-C', () => {
  it('ends after the step it is in, keeps the best so far and says how to go on', async () => {
    let sent = false;
    const args = ['finetune', 'net.onnx', ...QUICK, '--run-dir', 'run', '--eval-every', '5'];
    const { code, stdout, stderr } = await place.run([...args, '--epochs', '5000'], {
      onError: (text, interrupt) => {
        if (sent || !/^step 10 /m.test(text)) return;
        sent = true;
        interrupt();
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain('Interrupted: finishing the current step.');
    expect(stderr).toMatch(
      /^error interrupted: The training was interrupted after step \d+; the best model so far is net-finetuned\.onnx\.$/m,
    );
    expect(stderr).toMatch(/^hint: Go on with `espalier finetune net\.onnx .*--run-dir run --resume.*`\.$/m);
    expect(stdout).toMatch(/; it was interrupted\.$/m);
    expect((await readdir(join(place.folder, 'run'))).sort()).toEqual([
      'checkpoint.bin',
      'events.jsonl',
      'models',
      'run.json',
    ]);
  });
});

describe('bad usage', () => {
  const fail = async (args: readonly string[]) => {
    const { code, stdout } = await place.run([...args, '--json', '--quiet']);
    const error = errorDocument.parse(JSON.parse(stdout));
    expect(code).toBe(error.exitCode);
    return error;
  };

  it.each([
    [[], 'train.no-data', 2],
    [[...DATA, '--epochs', '1', '--steps', '1'], 'train.clashing-budgets', 2],
    [[...DATA, '--resume'], 'train.no-run', 2],
    [[...DATA, '--deterministic', '--threads', '2'], 'train.not-deterministic', 2],
    [[...DATA, '--deterministic', '--time', '5s'], 'train.not-deterministic', 2],
    [[...DATA, '--time', '20'], 'options.bad-duration', 2],
    [[...DATA, '--augment', 'spin'], 'augment.unknown-key', 2],
    [[...DATA, '--run-dir', 'none', '--resume'], 'run.missing', 1],
  ])('%j', async (args: readonly string[], name, exitCode) => {
    expect(await fail(['finetune', 'net.onnx', ...args])).toMatchObject({ code: name, exitCode });
    expect((await readdir(place.folder)).filter((file) => file.endsWith('.onnx'))).toEqual(['net.onnx']);
  });

  it('never writes over a file or a run without --force', async () => {
    await place.write('net-finetuned.onnx', 'mine');
    expect(await fail(['finetune', 'net.onnx', ...DATA])).toMatchObject({ code: 'io.exists', exitCode: 1 });
    await mkdir(join(place.folder, 'run'));
    await place.write('run/notes.txt', 'mine');
    const run = ['finetune', 'net.onnx', '-o', 'new.onnx', ...QUICK, '--run-dir', 'run', '--steps', '1'];
    expect(await fail(run)).toMatchObject({
      code: 'io.exists',
      hint: expect.stringContaining('--resume'),
    });
    expect((await place.run([...run, '--force', '--quiet'])).code).toBe(0);
    expect((await readdir(join(place.folder, 'run'))).includes('notes.txt')).toBe(true);
  });
});
