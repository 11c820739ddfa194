import type { Dataset, Preprocess, PreprocessGuess } from '@espalier/core';
import type { DataSurvey, PreprocessTrial } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { kebabName } from '../options/option-row.ts';
import { type ProposalFacts, proposeConfig } from './init-proposal.ts';

const preprocess: Preprocess = {
  ...{ width: 32, height: 32, resize: 'none', filter: 'antialias', padValue: 114, scale: 1 / 255 },
  ...{ mean: [0.5], std: [0.5], channels: 'rgb', layout: 'nchw' },
};
const guess: PreprocessGuess = { preprocess, reasons: [], assumed: ['mean', 'std', 'scale', 'channels'] };
const trial = (name: string, value: number, worse = false): PreprocessTrial => ({
  ...{ name, value, worse, preprocess, samples: 256 },
});

function dataset(size: number, split?: string): Dataset {
  const facts = {
    name: 'data',
    kind: 'images',
    size,
    description: `${size} pictures`,
    choice: 'all',
  } as const;
  return {
    ...{ ...facts, ...(split !== undefined && { split }) },
    async *samples() {},
    sampleAt: () => Promise.reject(new Error('not asked for')),
  };
}

function survey(size: number, facts: Partial<DataSurvey> = {}): DataSurvey {
  const best = trial('-1..1', 0.92);
  const trials = {
    metric: 'top1',
    best,
    trials: [best, trial('ImageNet', 0.91), trial('0..1', 0.4, true)],
    spread: 0.27,
  };
  return {
    ...{ dataset: dataset(size), labels: 'class', task: { task: 'classify', reason: 'told' }, classes: 10 },
    ...{ preprocess, guess, trials, ...facts },
  };
}

function propose(data: DataSurvey | undefined, facts: Partial<ProposalFacts> = {}) {
  const proposal = proposeConfig({
    ...{ model: '../net.onnx', name: 'net', told: [] },
    cost: { macs: 1e8, params: 1e6, activationBytes: 1 },
    survey: {
      task: data?.task ?? { task: 'classify', reason: '' },
      least: { macs: 0.05, params: 0.05 },
      widths: [16, 32, 64],
    },
    ...(data && { data: { path: '../images', survey: data } }),
    ...facts,
  });
  const entries = proposal.sections.flatMap((section) => section.entries);
  const find = (key: string) => entries.find(({ option }) => kebabName(option) === key)!;
  const values = Object.fromEntries(
    entries.filter(({ off }) => !off).map(({ option, value }) => [kebabName(option), value]),
  );
  return { ...proposal, find, values };
}

describe('proposeConfig', () => {
  it('proposes what a run can start from, with labels', () => {
    const { values, find, obstacles, judged } = propose(survey(12_000));
    expect(values).toEqual({
      ...{ model: '../net.onnx', data: '../images', holdout: 0.25, target: 'macs=0.6', seed: 0 },
      preprocess: 'scale=1/255 mean=0.5 std=0.5 channels=rgb',
      ...{ 'max-drop': '1%', confidence: 0.9, recover: 'reconstruct' },
    });
    expect([judged, obstacles]).toEqual([3000, []]);
    const why = find('preprocess').why!.join(' ');
    expect(why).toContain('top1: -1..1 0.9200; ImageNet 0.9100; 0..1 0.4000. Taken: -1..1.');
    expect(why).toContain('Not told apart from it, so just as good here: ImageNet, scale=');
    expect(find('max-drop').why![0]).toBe(
      'With 3,000 samples to judge by, a drop is known to about 0.5 points.',
    );
    expect(find('run-dir')).toMatchObject({ value: 'runs/net', off: true });
  });

  it('trains after every cut where an epoch is cheap', () => {
    const cheap = { cost: { macs: 1e7, params: 1e6, activationBytes: 1 } };
    expect(propose(survey(12_000), cheap).values).toMatchObject({
      recover: 'finetune',
      epochs: 1,
      'final-epochs': 5,
    });
    const { trials: _, ...bare } = survey(12_000, { labels: 'none' });
    expect(propose(bare, cheap).values).toMatchObject({ recover: 'distil' });
    // A batch of 64 needs some company.
    expect(propose(survey(200), cheap).values).toMatchObject({ recover: 'reconstruct' });
  });

  it('leaves the preprocessing open where nothing could be tried', () => {
    const { trials: _, ...bare } = survey(12_000, { labels: 'none' });
    const { find, values } = propose(bare);
    expect(values).not.toHaveProperty('preprocess');
    expect(find('preprocess')).toMatchObject({
      off: true,
      value: 'scale=1/255 mean=0.5 std=0.5 channels=rgb',
    });
    expect(find('preprocess').why![0]).toMatch(/^The data have no labels, so that nothing could be tried/);
  });

  it('says nothing new of a preprocessing that the model tells', () => {
    const { find } = propose(survey(2000, { guess: { ...guess, assumed: [] } }));
    expect(find('preprocess')).toMatchObject({
      ...{ off: true, why: ['The model tells it.', 'It gives top1 0.9200 on 256 samples.'] },
    });
  });

  it('fits the budget to a few samples', () => {
    const { values, find } = propose(survey(200));
    expect(values).toMatchObject({ holdout: 0.5, 'max-drop': '2.5%', confidence: 0.7 });
    expect(find('confidence').why).toHaveLength(1);
    const none = propose(survey(20));
    expect(none.values).toMatchObject({ 'max-drop': '3%', confidence: 0.5 });
    expect(none.find('max-drop').why!.join(' ')).toContain('too coarse');
  });

  it('judges by a part that is made for it', () => {
    const { values, judged } = propose(survey(5000, { judged: dataset(700, 'val') }));
    expect(values).toMatchObject({ 'eval-split': 'val' });
    expect(values).not.toHaveProperty('holdout');
    expect(judged).toBe(700);
  });

  it('asks for less where little can go, and for nothing where nothing can', () => {
    const least = (macs: number): Partial<ProposalFacts> => ({
      survey: { task: { task: 'other', reason: '' }, least: { macs, params: macs }, widths: [64, 128] },
    });
    expect(propose(survey(2000), least(0.71)).values).toMatchObject({ target: 'macs=0.8', 'round-to': 8 });
    const nothing = propose(survey(2000), least(0.99));
    expect(nothing.values).not.toHaveProperty('target');
    expect(nothing.obstacles).toEqual([
      'Next to nothing of this model can be cut: `espalier inspect` says why.',
    ]);
  });

  it('leaves to be filled in what only data tell', () => {
    const { values, find, obstacles } = propose(undefined);
    expect(values).toEqual({ model: '../net.onnx', target: 'macs=0.6', recover: 'reconstruct', seed: 0 });
    expect(find('data')).toMatchObject({ off: true, value: 'path/to/images' });
    expect(obstacles).toEqual(['There are no data yet: fill in `data`.']);
  });

  it('hands on what it was told, and warns of answers no better than chance', () => {
    const told = [
      { option: 'preprocess', value: 'scale=1' },
      { option: 'split', value: 'small' },
    ] as const;
    const best = trial('as it was told', 0.12);
    const { values, obstacles } = propose(
      survey(2000, { trials: { metric: 'top1', best, trials: [best], spread: 0.3 } }),
      { told },
    );
    expect(values).toMatchObject({ preprocess: 'scale=1', split: 'small' });
    expect(obstacles).toEqual([
      expect.stringContaining('The best top1 was 0.1200, hardly better than chance'),
    ]);
  });
});
