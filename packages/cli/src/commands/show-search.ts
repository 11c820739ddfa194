// The events of a search on the terminal.
import type { SearchTrial } from '@espalier/core';
import type { SearchEvent } from '@espalier/node';
import { describeClassDrop } from '../describe/describe-class-drop.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatPercent, formatScore } from '../output/units.ts';
import { showEvent } from './analyse.ts';
import { createTrainingView } from './show-training.ts';

/** Shows events: one line for every try and every step, progress in between. */
export function createSearchView(terminal: Terminal): (event: SearchEvent) => void {
  const training = createTrainingView(terminal);
  const told = new Set<string>();
  return (event) => {
    switch (event.type) {
      case 'step':
      case 'note':
        showEvent(event, terminal);
        break;
      case 'training.note':
        // Every training after a cut says again what its data are.
        if (!told.has(event.text)) terminal.log(event.text);
        told.add(event.text);
        break;
      case 'sensitivity.progress':
        terminal.progress('probing', event.done / event.total, `${event.done} of ${event.total} probes`);
        break;
      case 'sensitivity.group':
      case 'search.sensitivity':
      case 'search.stop':
      case 'search.end':
        break;
      case 'search.trial': {
        const { recovered, cutAlone, strength, latency } = event.trial;
        const time = latency ? `${formatPercent(latency.fraction.value)} of the latency, ` : '';
        terminal.log(
          `cut ${event.trial.iteration + 1} at strength ${strength}: ${time}${recovered.metric} ${formatScore(cutAlone.value)}, recovered ${formatScore(recovered.value)}; ${describeVerdict(event.trial)}`,
        );
        break;
      }
      case 'search.step': {
        const { step, judgement, cost, latency } = event.step;
        const time = latency ? `, ${latency.ms.toPrecision(3)} ms` : '';
        if (step === 0)
          terminal.log(
            `original: ${judgement.metric} ${formatScore(judgement.value)} on ${judgement.samples} samples${time}`,
          );
        else
          terminal.log(
            `step ${step}: ${(cost.macs / 1e6).toFixed(1)} million MACs${time}, ${judgement.metric} ${formatScore(judgement.value)}`,
          );
        break;
      }
      default:
        training(event);
    }
  };
}

/** What became of a try, and why. */
function describeVerdict({ accepted, recovered, allowed, brokenFloor }: SearchTrial): string {
  if (accepted) return 'accepted';
  const reasons = [
    ...(recovered.worst > allowed
      ? [`it may be ${formatScore(recovered.worst)} worse, allowed are ${formatScore(allowed)}`]
      : []),
    ...(brokenFloor ? [describeClassDrop(brokenFloor)] : []),
  ];
  return `refused: ${reasons.join('; ')}`;
}
