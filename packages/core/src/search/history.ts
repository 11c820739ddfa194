// What a run of cuts did to the original: the channels of each layer that are left, in the original's own numbering.
import { groupBy } from '../group-by.ts';
import type { PlanGroup } from '../plan/plan.ts';

/** Channels of the original that a layer still has, by name of its root; layers that lost none are not listed. */
export type ChannelHistory = Readonly<Record<string, KeptChannels>>;

/** Which channels a layer kept. */
export interface KeptChannels {
  /** How many the original has. */
  readonly channels: number;
  /** Their indices in the original, ascending. */
  readonly kept: readonly number[];
}

/** The history after one more cut, whose groups are numbered as the cut model before it was; a root may have several of them. */
export function extendHistory(history: ChannelHistory, groups: readonly PlanGroup[]): ChannelHistory {
  const changed = [...groupBy(groups, ({ root }) => root)].map(([root, own]) => {
    const { channels } = own[0]!;
    const before = history[root] ?? { channels, kept: Array.from({ length: channels }, (_, i) => i) };
    const gone = new Set(own.flatMap(({ removed }) => removed));
    return [root, { ...before, kept: before.kept.filter((_, at) => !gone.has(at)) }] as const;
  });
  return { ...history, ...Object.fromEntries(changed) };
}

/** The history as the groups of a plan for the original. */
export function historyGroups(history: ChannelHistory): readonly PlanGroup[] {
  return Object.entries(history).map(([root, { channels, kept }]) => {
    const stays = new Set(kept);
    return {
      root,
      channels,
      removed: Array.from({ length: channels }, (_, i) => i).filter((i) => !stays.has(i)),
    };
  });
}

/** How many channels the layers of a history had in the original: `widths` of the limits of a further cut. */
export function originalWidths(history: ChannelHistory): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(history).map(([root, { channels }]) => [root, channels]));
}
