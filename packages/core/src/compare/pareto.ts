// The Pareto set: what nothing else beats in one respect without losing in another.

/** One respect in which items are held against each other. */
export interface Respect<Item> {
  readonly better: 'lower' | 'higher';
  /** A number, infinite at most. */
  readonly numberOf: (item: Item) => number;
}

/** Whether `one` is nowhere worse than `other`, and somewhere better. Numbers are taken as they are, however sure they are. */
export function dominates<Item>(one: Item, other: Item, respects: readonly Respect<Item>[]): boolean {
  const gains = respects.map((respect) => gainOf(one, other, respect));
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}

/**
 * For every item a member of the Pareto set that dominates it, by its index, the first there is; null for the members themselves. Items that are equal in
 * everything do not dominate each other: all of them are members, or none.
 */
export function findDominators<Item>(
  items: readonly Item[],
  respects: readonly Respect<Item>[],
): readonly (number | null)[] {
  const isMember = items.map((item) => !items.some((other) => dominates(other, item, respects)));
  return items.map((item, index) =>
    isMember[index] ? null : items.findIndex((other, i) => isMember[i] && dominates(other, item, respects)),
  );
}

/** Above 0 where `one` is better; equal infinities are equal. */
function gainOf<Item>(one: Item, other: Item, { better, numberOf }: Respect<Item>): number {
  const [a, b] = [numberOf(one), numberOf(other)];
  const order = Number(a > b) - Number(a < b);
  return better === 'higher' ? order : -order;
}
