// The settings of runs by the names of their flags, and where they differ.
import type { Run } from '@espalier/node';
import type { RunsCompareDocument } from '../documents/runs-compare-document.ts';
import type { RunsShowDocument } from '../documents/runs-show-document.ts';
import { kebabName } from '../options/option-row.ts';

type Settings = RunsShowDocument['settings'];

/** Settings that were set. */
export function describeSettings({ record }: Run): Settings {
  return Object.entries(record.settings)
    .filter(
      ([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
    )
    .map(([name, value]) => ({ name: kebabName(name), value }));
}

/** Settings that are not the same in all, in the order in which the runs name them. */
export function differingSettings(runs: readonly Run[]): RunsCompareDocument['settings'] {
  const all = runs.map((run) => new Map(describeSettings(run).map(({ name, value }) => [name, value])));
  const names = new Set(all.flatMap((settings) => [...settings.keys()]));
  return [...names]
    .map((name) => ({ name, values: all.map((settings) => settings.get(name) ?? null) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}
