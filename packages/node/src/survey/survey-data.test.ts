import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { follow } from '../pipeline/events.ts';
import { type DataSurvey, type SurveyDataOptions, surveyData } from './survey-data.ts';
import { openRedNet, redRecords } from './surveyed-net.case.ts';

let open: Awaited<ReturnType<typeof openRedNet>> | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function survey(records: Uint8Array, options: Partial<SurveyDataOptions> = {}): Promise<DataSurvey> {
  open = await openRedNet(records);
  const engine = createOrtEngine();
  return follow(surveyData(open.analysis, { engine, path: open.data, load: { threads: 1 }, ...options }));
}

describe('surveyData', () => {
  it("finds the shape of the records by the model's input, and the preprocessing by the labels", async () => {
    const found = await survey(redRecords(200));
    expect(found).toMatchObject({
      recordShape: [3, 8, 8],
      labels: 'class',
      classes: 4,
      task: { task: 'classify' },
    });
    expect(found.preprocess).toMatchObject({ scale: 1 / 255, mean: [0.5], std: [0.5], channels: 'rgb' });
    const { best, trials, metric, spread } = found.trials!;
    expect([metric, best.name, best.value, best.samples]).toEqual(['top1', '-1..1', 1, 200]);
    expect(spread).toBe(0);
    expect(trials.find(({ name }) => name === '0..1')).toMatchObject({ worse: true });
    expect(trials.find(({ name }) => name === '-1..1, BGR')).toMatchObject({ worse: true, samples: 200 });
    // Half as good on a part is told enough.
    expect(trials.some(({ samples }) => samples === 64)).toBe(true);
    expect(found.judged).toBeUndefined();
    expect(found.obstacle).toBeUndefined();
  });

  it('only measures what it is told', async () => {
    const found = await survey(redRecords(80), { preprocess: 'scale=1/255' });
    expect(found.trials!.trials).toMatchObject([{ name: 'as it was told', samples: 80 }]);
    expect(found.preprocess).toMatchObject({ mean: [0] });
  });

  it('tells labels that the head has no outputs for', async () => {
    const found = await survey(redRecords(50, 5));
    expect(found.trials).toBeUndefined();
    expect(found.obstacle).toMatchObject({
      code: 'data.label-out-of-range',
      message: expect.stringContaining('know 5 classes, the model answers with 4.'),
    });
  });

  it('refuses records of no shape that fits', async () => {
    await expect(survey(new Uint8Array(1001))).rejects.toMatchObject({ code: 'data.unknown-record-shape' });
  });

  it('judges by the part that is made for it, and leaves alone what has no labels', async () => {
    open = await openRedNet();
    const engine = createOrtEngine();
    const pixel = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==',
      'base64',
    );
    for (const part of ['train', 'val']) {
      await mkdir(join(open.folder, 'pictures', part), { recursive: true });
      await writeFile(join(open.folder, 'pictures', part, `${part}.png`), pixel);
    }
    const path = join(open.folder, 'pictures');
    const found = await follow(surveyData(open.analysis, { engine, path }));
    expect(found).toMatchObject({
      ...{ dataset: { split: 'train', size: 1 }, judged: { split: 'val', size: 1 }, labels: 'none' },
    });
    expect(found.trials).toBeUndefined();
  });
});
