// Recovery without labels as a user runs it: both commands, and as a part of prune.
import { createRandom } from '@espalier/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { documents } from '../../packages/cli/src/documents/documents.ts';
import { openWorkplace, smallClassifierBytes, type Workplace } from './run-cli.ts';

const DATA = ['--data', 'data.bin', '--record-shape', '3x8x8', '--data-format', 'records'];
const CUT = ['prune', 'net.onnx', '-o', 'small.onnx', '--macs', '0.6', '--save-plan', 'plan.json'];

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  await place.write('net.onnx', smallClassifierBytes());
  const random = createRandom(5);
  const bytes = Uint8Array.from({ length: 40 * 193 }, (_, i) => random.integer(i % 193 === 0 ? 5 : 256));
  await place.write('data.bin', bytes);
  return () => place.close();
});

describe.each(['recalibrate', 'reconstruct'] as const)('%s', (method) => {
  const original = ['--original', 'net.onnx', '--plan', 'plan.json'];

  it('corrects a pruned file and says how far it came', async () => {
    await place.run([...CUT, '--no-bench', '--quiet']);
    const { code, stdout } = await place.run([method, 'small.onnx', ...original, ...DATA, '--json']);
    expect(code).toBe(0);
    const document = documents[method].strict().parse(JSON.parse(stdout));
    expect(document.output).toMatch(new RegExp(`/small-${method}e?d\\.onnx$`));
    expect(document.recovery).toMatchObject({ method, samples: 40, skipped: [] });
    expect(document.metrics.errorAfter).toBeLessThan(document.metrics.errorBefore);
    expect(document.next).toMatch(
      /^espalier eval small-re\w+\.onnx --data data\.bin --data-format records --record-shape 3x8x8 --reference net\.onnx$/,
    );

    const out = ['-o', 'better.onnx', '--calibration', '20'];
    const told = await place.run([method, 'small.onnx', ...original, ...DATA, ...out]);
    expect(told.stdout).toMatch(/^layer +error before +after\n/);
    expect(told.stdout).toMatch(/^re(calibrated|constructed): \d layers on 20 samples in \d+\.\d s$/m);
    expect(told.stderr).toContain('recovering ');
    const run = await place.run(['eval', 'better.onnx', '--reference', 'net.onnx', ...DATA]);
    expect(run.code).toBe(0);
  });

  it.each([
    ['--original', 'recovery.no-original'],
    ['--plan', 'recovery.no-plan'],
    ['--data', 'recovery.no-data'],
  ])('asks for %s', async (missing, error) => {
    await place.run([...CUT, '--no-bench', '--quiet']);
    const args = [...original, ...DATA];
    args.splice(args.indexOf(missing), 2);
    const { code, stderr } = await place.run([method, 'small.onnx', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`^error ${error.replace('.', '\\.')}: ${method} needs ${missing}\\.\nhint: `),
    );
  });

  it('refuses to overwrite what it reads, too few samples, and the plan of another cut', async () => {
    await place.run([...CUT, '--no-bench', '--quiet']);
    const args = [method, 'small.onnx', ...original, ...DATA];
    const same = await place.run([...args, '-o', 'small.onnx', '--force']);
    expect([same.code, same.stderr]).toEqual([2, expect.stringContaining('error recovery.same-file: ')]);
    const few = await place.run([...args, '--calibration', '1']);
    expect([few.code, few.stderr]).toEqual([1, expect.stringContaining('error recovery.too-few-samples: ')]);
    const other = ['prune', 'net.onnx', '-o', 'other.onnx', '--macs', '0.4', '--no-bench', '--quiet'];
    await place.run([...other, '--save-plan', 'other.json']);
    const wrong = await place.run([...args, '--plan', 'other.json']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('error recovery.other-cut: ')]);
  });
});

describe('prune --recover', () => {
  const prune = async (...args: readonly string[]) => {
    const answer = await place.run([...CUT, '--no-bench', '--json', '--force', ...args]);
    return { ...answer, document: documents.prune.strict().parse(JSON.parse(answer.stdout)) };
  };

  it('reconstructs with data unless told otherwise, after the proof, and shows both numbers', async () => {
    const { document } = await prune(...DATA);
    expect(document.proof?.verdict).toBe('proven');
    expect(document.recovery).toMatchObject({ method: 'reconstruct', samples: 40 });
    expect(document.recovery?.cutAlone.accuracy?.top1).toBeGreaterThanOrEqual(0);
    const { stdout } = await place.run([...CUT, '--no-bench', '--force', ...DATA]);
    expect(stdout).toMatch(/^top1 +\d\.\d{4} +\d\.\d{4} +the cut alone \d\.\d{4}$/m);
    expect(stdout).toMatch(/^proven: .*\n(.*\n)*reconstructed: \d layers on 40 samples in \d+\.\d s$/m);
    // What was recovered is no longer what the plan makes of the original.
    const verified = await place.run(['verify', 'net.onnx', 'small.onnx', '--plan', 'plan.json']);
    expect(verified.code).toBe(5);
  });

  it('recalibrates or does nothing when told so, and can look at other pictures', async () => {
    const other = ['--recover', 'recalibrate', '--calibration-data', 'data.bin', '--calibration', '32'];
    const recalibrated = (await prune(...DATA.slice(2), ...other)).document;
    expect(recalibrated.recovery).toMatchObject({ method: 'recalibrate', samples: 32, cutAlone: {} });
    expect(recalibrated.after.accuracy).toBeUndefined();
    expect((await prune(...DATA, '--recover', 'none')).document.recovery).toBeUndefined();
    expect((await prune()).document.recovery).toBeUndefined();
  });

  it('needs data when it is asked for', async () => {
    const { code, stderr } = await place.run([...CUT, '--recover', 'reconstruct']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error recovery\.no-data: --recover reconstruct needs pictures\./m);
  });
});
