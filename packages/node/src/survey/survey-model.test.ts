import { expect, it } from 'vitest';
import { surveyModel } from './survey-model.ts';
import { openRedNet } from './surveyed-net.case.ts';

it('tells what a model is for and how much of it must stay', async () => {
  const { analysis, close } = await openRedNet();
  try {
    const { task, least, widths } = surveyModel(analysis);
    expect(task).toMatchObject({ task: 'classify', reason: expect.stringContaining('one row of 4 scores') });
    // The answers are fixed; the layers in between lose all but what the usual limits keep.
    expect(widths).toEqual([4, 6]);
    expect(least.macs).toBeGreaterThan(0);
    expect(least.macs).toBeLessThan(0.5);
    expect(surveyModel(analysis, 'other').task).toEqual({ task: 'other', reason: 'as it was told' });
  } finally {
    await close();
  }
});
