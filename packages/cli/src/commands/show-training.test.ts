import { expect, it } from 'vitest';
import { createTerminal } from '../output/terminal.ts';
import { createTrainingView } from './show-training.ts';

/** A view on a terminal of plain lines whose clock jumps ten seconds each time. */
function watch() {
  let text = '';
  let now = 0;
  const stderr = { write: (part: string) => (text += part) };
  const terminal = createTerminal({
    stdout: stderr,
    stderr,
    environment: {},
    quiet: false,
    now: () => (now += 10_000),
  });
  return { view: createTrainingView(terminal), lines: () => text.trimEnd().split('\n') };
}

const step = {
  type: 'training.step',
  step: 12,
  epoch: 1.2,
  loss: 0.51234,
  gradientNorm: 1,
  rate: 0.01,
  progress: 0.3,
  samplesPerSecond: 512.4,
  secondsLeft: 140,
} as const;
const found = { name: 'top1', higherIsBetter: true, metrics: {} } as const;

it('shows how far a training is, and what evaluations found', () => {
  const { view, lines } = watch();
  view({
    type: 'training.started',
    steps: 40,
    stepsPerEpoch: 10,
    from: 0,
    batch: 16,
    parameters: 1,
    restoredNorms: 0,
  });
  view({ type: 'training.evaluated', step: 0, best: true, value: 0.25, ...found });
  view(step);
  view({ type: 'evaluation.progress', done: 5, total: 20 });
  view({ type: 'training.evaluated', step: 12, best: true, value: 0.75, ...found });
  expect(lines()).toEqual([
    'before the first step: top1 0.2500',
    'training 30 % step 12 of 40, loss 0.512, top1 0.2500, 512 images/s, 2 min left',
    'training 30 % evaluating 5 of 20 samples',
    'step 12 of 40: top1 0.7500, loss 0.512, the best so far',
  ]);
});

it('warns of what a user should know', () => {
  const { view, lines } = watch();
  view({ type: 'training.rolled-back', step: 23, to: 20, rateFactor: 0.5, reason: 'the loss is NaN' });
  view({ type: 'training.batch-halved', batch: 8, reason: 'Failed to allocate memory.' });
  view({ type: 'training.corrupt', image: { position: 3, message: "'a.png' cannot be decoded." } });
  expect(lines()).toEqual([
    'warning: After step 23 the loss is NaN: going on from step 20 with 0.5 of the learning rate.',
    'warning: Out of memory: going on with batches of 8. Failed to allocate memory.',
    "warning: 'a.png' cannot be decoded. It is passed over.",
  ]);
});
