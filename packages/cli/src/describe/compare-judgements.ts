// Whether the results of two runs can be compared in pairs, sample by sample, and by how much they then differ.
import { measureDrop, type SearchStep } from '@espalier/core';
import type { Run } from '@espalier/node';
import type { RunsCompareDocument } from '../documents/runs-compare-document.ts';
import { describeSettings } from './describe-settings.ts';

/** What the comparison of two results tells. */
export type ComparedDrop = Pick<RunsCompareDocument['drops'][number], 'value' | 'interval' | 'reason'>;

/** Settings that decide which samples judge, and how. */
const JUDGING = [
  ...['data', 'data-format', 'record-shape', 'split', 'labels', 'limit', 'holdout', 'seed', 'preprocess'],
  ...['eval-data', 'eval-split', 'eval-limit', 'task', 'layout', 'metric', 'batch', 'input-shape'],
];

/** How much worse the result of a run is than that of the first, from the same samples in pairs; or why that cannot be told. */
export function compareJudgements(first: Run, other: Run): ComparedDrop {
  const [one, two] = [stepsOf(first), stepsOf(other)];
  if (one === undefined || two === undefined)
    return cannot('A training notes no groups of samples: `espalier eval` compares models on the same data.');
  const [from, to] = [one.at(-1)?.judgement, two.at(-1)?.judgement];
  if (!from || !to) return cannot('One of them has judged nothing yet.');
  const reason = whyNotPaired(first, other, one[0]!, two[0]!);
  if (reason !== undefined) return cannot(reason);
  const { value, interval } = measureDrop(from, to, from.higherIsBetter);
  return { value, interval: interval && [...interval], reason: null };
}

function stepsOf(run: Run): readonly SearchStep[] | undefined {
  return run.kind === 'search' ? run.search.steps : undefined;
}

function cannot(reason: string): ComparedDrop {
  return { value: null, interval: null, reason };
}

/** What the judgements of the two originals and the settings say against the samples being the same. */
function whyNotPaired(
  first: Run,
  other: Run,
  { judgement: one }: SearchStep,
  { judgement: two }: SearchStep,
): string | undefined {
  if (one.metric !== two.metric) return `They are judged by ${one.metric} and by ${two.metric}.`;
  if (one.samples !== two.samples || one.groups.length !== two.groups.length)
    return `They are judged on ${one.samples} and on ${two.samples} samples.`;
  const setting = differingSetting(first, other);
  const isSameModel = first.record.settings.model === other.record.settings.model;
  if (isSameModel && one.groups.some((value, i) => value !== two.groups[i]))
    return `They are not judged on the same samples: their original does not score the same in both${setting === undefined ? '' : `, and ${setting}`}.`;
  // An original that agrees with itself scores the same on any samples.
  const isTelling = new Set(one.groups).size > 1;
  if (isSameModel && isTelling) return undefined;
  if (!isSameModel && !isTelling) return 'They are judged beside different originals.';
  return setting === undefined ? undefined : `They may be judged on different samples: ${setting}.`;
}

/** `--seed is 1 and 2`, of the first setting that decides what judges and is not the same. */
function differingSetting(first: Run, other: Run): string | undefined {
  const [here, there] = [first, other].map(
    (run) => new Map(describeSettings(run).map(({ name, value }) => [name, JSON.stringify(value)])),
  );
  const name = JUDGING.find((each) => here!.get(each) !== there!.get(each));
  if (name === undefined) return undefined;
  return `--${name} is ${here!.get(name) ?? 'not set'} and ${there!.get(name) ?? 'not set'}`;
}
