// The events of a training on the terminal: a live line while it goes, a line of its own for whatever should stay.
import type { TrainingEvent } from '@espalier/node';
import type { Terminal } from '../output/terminal.ts';
import { formatScore, formatSeconds } from '../output/units.ts';

/** Shows events; it remembers what the live line needs, so every training gets one of its own. */
export function createTrainingView(terminal: Terminal): (event: TrainingEvent) => void {
  let steps: number | undefined;
  let metric = '';
  let last: Extract<TrainingEvent, { type: 'training.step' }> | undefined;
  const ofAll = (step: number): string => (steps === undefined ? String(step) : `${step} of ${steps}`);
  return (event) => {
    switch (event.type) {
      case 'evaluation.progress':
        // The same label: where lines are plain, an evaluation is told by what it found.
        terminal.progress(
          'training',
          last?.progress ?? 0,
          `evaluating ${event.done} of ${event.total} samples`,
        );
        break;
      case 'training.preparing':
        terminal.progress('preparing the training');
        break;
      case 'training.note':
        terminal.log(event.text);
        break;
      case 'training.started':
        steps = event.steps;
        if (event.from > 0) terminal.log(`Going on after step ${event.from}.`);
        break;
      case 'training.step': {
        last = event;
        const speed = `${Math.round(event.samplesPerSecond)} images/s`;
        const left = `${formatSeconds(event.secondsLeft)} left`;
        const parts = [`step ${ofAll(event.step)}`, `loss ${event.loss.toPrecision(3)}`, metric, speed, left];
        terminal.progress('training', event.progress, parts.filter((part) => part !== '').join(', '));
        break;
      }
      case 'training.evaluated': {
        metric = `${event.name} ${formatScore(event.value)}`;
        const done = event.step === 0 ? 'before the first step' : `step ${ofAll(event.step)}`;
        const loss = last === undefined ? '' : `, loss ${last.loss.toPrecision(3)}`;
        terminal.log(`${done}: ${metric}${loss}${event.best && event.step > 0 ? ', the best so far' : ''}`);
        break;
      }
      case 'training.rolled-back':
        terminal.warn(
          `After step ${event.step} ${event.reason}: going on from step ${event.to} with ${event.rateFactor} of the learning rate.`,
        );
        break;
      case 'training.batch-halved':
        terminal.warn(`Out of memory: going on with batches of ${event.batch}. ${event.reason}`);
        break;
      case 'training.corrupt':
        terminal.warn(`${event.image.message} It is passed over.`);
        break;
    }
  };
}
