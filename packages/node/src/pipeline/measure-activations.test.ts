import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { type Analysis, analyseFile } from './analyse-file.ts';
import { follow, type PipelineEvent } from './events.ts';
import { measureActivations } from './measure-activations.ts';
import { pictureSet, writeSmallModel } from './small-file.case.ts';

const engine = createOrtEngine();
let file: Awaited<ReturnType<typeof writeSmallModel>>;
let analysis: Analysis;
beforeAll(async () => {
  file = await writeSmallModel();
  analysis = await follow(analyseFile(file.path, { engine }));
});
afterAll(() => file.close());

describe('measureActivations', () => {
  it('finds a rank per filter of every convolution that can be cut', async () => {
    const events: PipelineEvent[] = [];
    const calibration = { engine, ...pictureSet(20), images: 12 };
    const { ranks, amplitudes } = await follow(measureActivations(analysis, 'ranks', calibration), (event) =>
      events.push(event),
    );
    expect(amplitudes).toBeUndefined();
    expect([...ranks!.values()].map((values) => values.length)).toEqual([16, 8]);
    for (const values of ranks!.values()) {
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThanOrEqual(8);
      expect(new Set(values).size).toBeGreaterThan(1);
    }
    const fractions = events.flatMap((event) => (event.type === 'step' ? [event.fraction] : []));
    expect(fractions).toEqual([8 / 12, 1]);
  });

  it('finds an amplitude per channel that a weight reads, twice as large for images twice as bright', async () => {
    const measure = (brightness: number) =>
      follow(measureActivations(analysis, 'amplitudes', { engine, ...pictureSet(8, brightness) }));
    const [once, twice] = [await measure(1), await measure(2)];
    const [second] = [...once.amplitudes!.keys()];
    expect(once.amplitudes!.get(second!)).toHaveLength(16);
    once.amplitudes!.forEach((values, use) => {
      values.forEach((value, i) => {
        expect(twice.amplitudes!.get(use)![i]).toBeCloseTo(2 * value, 3);
      });
    });
  });

  it('says when there is no image', async () => {
    const run = follow(measureActivations(analysis, 'ranks', { engine, ...pictureSet(0) }));
    await expect(run).rejects.toMatchObject({ code: 'data.empty', kind: 'data' });
  });
});
