// What a search did to its original, as documents from which it can be done again.
import { basename } from 'node:path';
import { type ChannelHistory, historyGroups, keepOf, makePlan, PLAN_VERSION } from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { SearchFolder } from './search-folder.ts';

/** Writes `history.json`, the channels of the original that are left by layer, and `plan.json`, the same as a plan for `prune --plan`. */
export async function writeRecipe(
  folder: SearchFolder,
  { traced, coupling, file }: Analysis,
  history: ChannelHistory,
): Promise<void> {
  const keep = keepOf(traced, coupling, { version: PLAN_VERSION, groups: historyGroups(history), cuts: [] });
  const plan = makePlan(traced, coupling, keep, {
    model: file.sha256,
    made: { search: basename(folder.path) },
  });
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  await folder.saveText(
    'history.json',
    json({ schema: 'espalier/history@1', model: file.sha256, layers: history }),
  );
  await folder.saveText('plan.json', json(plan));
}
