import { expect, it } from 'vitest';
import type { SearchJudgement, SearchStep, SearchTrial } from './search-record.ts';
import { formatResults, triesOf } from './search-results.ts';

const judgement = (drop: number, metric = 'top1'): SearchJudgement => ({
  ...{ metric, higherIsBetter: true, value: 0.75 - drop, groups: [], metrics: {}, drop, samples: 10 },
  ...{ interval: drop === 0 ? null : [drop - 0.25, drop + 0.25], worst: drop + 0.125 },
});
const cost = (macs: number) => ({ macs, params: macs / 2, activationBytes: 1 });
const step = (number: number, proof: SearchStep['proof'], metric?: string): SearchStep => ({
  ...{ step: number, model: `models/step-${number}.onnx`, cost: cost(100 - number), proof },
  ...{ judgement: judgement(number / 8, metric), groups: [], history: {}, stale: [] },
});
const trial = (iteration: number, seconds: number): SearchTrial => ({
  ...{ iteration, strength: 1, cost: cost(50), allowed: 1, accepted: true, seconds },
  ...{ cutAlone: judgement(0), recovered: judgement(0) },
});

const steps = [step(0, null), step(1, 'proven'), step(2, null)];
const trials = [trial(0, 1.5), trial(0, 2), trial(1, 4)];

it('counts the tries of a cut, and none where nothing was cut', () => {
  expect(triesOf(steps[1]!, trials)).toEqual(trials.slice(0, 2));
  // The last training follows a refused cut.
  expect(triesOf(steps[2]!, trials)).toEqual([]);
  expect(triesOf(steps[0]!, trials)).toEqual([]);
});

it('is one row per step', () => {
  const latency = { fraction: { value: 0.5, interval: [0.25, 0.75] }, ms: 8, device: 'a' } as const;
  const timed = steps.map((each, at) => (at === 2 ? { ...each, latency } : each));
  expect(formatResults({ steps: timed, trials })).toBe(
    [
      'step,macs,params,metric,value,drop,drop_low,drop_high,worst_drop,latency,latency_low,latency_high,ms,tries,seconds',
      '0,100,50,top1,0.75,0,,,0.125,,,,,,',
      '1,99,49.5,top1,0.625,0.125,-0.125,0.375,0.25,,,,,2,3.5',
      '2,98,49,top1,0.5,0.25,0,0.5,0.375,0.5,0.25,0.75,8,,',
      '',
    ].join('\n'),
  );
});

it('quotes the name of a metric where it must be', () => {
  const text = formatResults({ steps: [step(0, null, 'a "b", c')], trials: [] });
  expect(text).toContain('0,100,50,"a ""b"", c",0.75');
});
