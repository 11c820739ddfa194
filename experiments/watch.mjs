// Long work followed on stderr: a line now and then, so that whoever waits sees that it goes on and how far it is.
import { follow } from '@espalier/node';

/** Least milliseconds between two lines on progress. */
const PAUSE = 20_000;

/** Follows a pipeline to its end and returns its result. */
export async function watch(name, pipeline) {
  let told = performance.now();
  return follow(pipeline, (event) => {
    const text = describe(event);
    const isProgress = event.type !== 'search.trial' && event.type !== 'search.step';
    if (text === undefined || (isProgress && performance.now() - told < PAUSE)) return;
    told = performance.now();
    console.error(`${name}: ${text}`);
  });
}

function describe(event) {
  switch (event.type) {
    case 'step':
      return `${event.step}${event.fraction === undefined ? '' : ` ${percent(event.fraction)}`}`;
    case 'training.step':
      return `training ${percent(event.progress)}, loss ${event.loss.toPrecision(3)}, ${event.samplesPerSecond.toFixed(0)} images a second`;
    case 'sensitivity.progress':
      return `probe ${event.done} of ${event.total}`;
    case 'search.trial': {
      const { strength, cutAlone, recovered, accepted } = event.trial;
      const verdict = accepted ? 'accepted' : 'refused';
      return `cut at strength ${strength}: ${cutAlone.value.toFixed(3)}, recovered ${recovered.value.toFixed(3)}, ${verdict}`;
    }
    case 'search.step': {
      const { step, cost, judgement } = event.step;
      return `step ${step}: ${(cost.macs / 1e6).toFixed(1)} million MACs, ${judgement.metric} ${judgement.value.toFixed(3)} on held-out images`;
    }
    default:
      return undefined;
  }
}

const percent = (fraction) => `${(100 * fraction).toFixed(0)} %`;
