// What `compare` found as its document.
import { type Candidate, type Decision, type MemoryNeed, meanSpeedup } from '@espalier/core';
import type { ComparedModel } from '../commands/compared-models.ts';
import type { CompareDocument } from '../documents/compare-document.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import { type ChoiceFacts, describeFormula, describeRule } from './describe-choice.ts';
import { describeFile } from './describe-model.ts';

/** Everything that is known of one of the models. */
export interface Compared extends ComparedModel {
  readonly memory: MemoryNeed;
  readonly candidate: Candidate;
}

/** Describes models, their measurements and the decision, all in the same order. */
export function describeComparison(
  compared: readonly Compared[],
  devices: readonly LatencyField[],
  { standings, pick }: Decision,
  facts: ChoiceFacts,
): Pick<CompareDocument, 'metric' | 'models' | 'decision' | 'pick' | 'metrics' | 'devices'> {
  const models = compared.map(({ name, step = null, analysis, reading, memory, candidate }, i) => {
    const { score, behind } = standings[i]!;
    return {
      ...{ name, step },
      model: describeFile(analysis.file),
      macs: analysis.cost.original.macs,
      memory: { ...memory },
      judgement: reading && candidate.drop ? describeJudgement(reading.value, candidate.drop) : null,
      latency: devices.map((latency, device) => {
        const { medianMs, speedup } = latency.models[i]!;
        return {
          device: facts.devices[device]!,
          fingerprint: latency.device!.fingerprint,
          ...{ medianMs, speedup },
        };
      }),
      ...{ score, pareto: behind === null },
      behind: behind && { name: compared[behind.candidate]!.name, clear: behind.clear },
    };
  });
  const [original, picked] = [models[0]!, models[pick]!];
  const { rule, weights, maxDrop, confidence, metric } = facts;
  return {
    ...{ metric, models },
    decision: {
      ...{ rule, text: describeRule(facts), formula: describeFormula(facts) },
      ...{ weights: { ...weights }, maxDrop, confidence },
    },
    pick: { name: picked.name, step: picked.step, path: picked.model.path },
    metrics: {
      score: picked.score,
      speedup: meanSpeedup(compared[pick]!.candidate),
      drop: picked.judgement?.drop ?? null,
      macs: picked.macs / original.macs,
      bytes: picked.model.bytes / original.model.bytes,
      memory: compared[pick]!.candidate.memoryBytes / compared[0]!.candidate.memoryBytes,
    },
    devices: [...devices],
  };
}

function describeJudgement(
  value: number,
  { value: drop, interval, worst }: NonNullable<Candidate['drop']>,
): CompareDocument['models'][number]['judgement'] {
  return { value, drop, interval: interval && [...interval], worst };
}
