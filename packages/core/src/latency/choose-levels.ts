// Which group gets how narrow, so that a predicted latency is met and as much importance as possible stays: a knapsack in which the price of an item
// depends on the others, because a layer's time is bilinear in its two widths.

/** How levels are chosen: {@link chooseByKnapsack}, {@link chooseGreedily}. */
export const LATENCY_METHODS = ['knapsack', 'greedy'] as const;

/** One of {@link LATENCY_METHODS}. */
export type LatencyMethod = (typeof LATENCY_METHODS)[number];

/** What is to be decided: a level for each group, level 0 the widest. */
export interface LevelProblem {
  /** Value of each group at each level, falling with the level. */
  readonly values: readonly (readonly number[])[];
  /** Predicted milliseconds of a choice of levels, one per group. */
  readonly latency: (levels: readonly number[]) => number;
}

/** A decision. */
export interface LevelChoice {
  readonly levels: readonly number[];
  /** Predicted. */
  readonly ms: number;
}

/**
 * Narrows one group after the other, always where the least value goes for a millisecond saved, until `ms` is met (NetAdapt, 2018, whose steps are
 * equal savings; here a step is one level or several). Where no group alone saves any more, the choice is slower than asked.
 */
export function chooseGreedily(problem: LevelProblem, ms: number): LevelChoice {
  return narrow(
    problem,
    problem.values.map(() => 0),
    ms,
  );
}

/**
 * What is nearest to a choice and meets `ms`: narrowed greedily where that is slower, and widened by what gains most per millisecond. Most groups stay as they
 * are, so that what was measured of that choice holds for this one.
 */
export function adjustLevels(problem: LevelProblem, from: readonly number[], ms: number): LevelChoice {
  const narrowed = narrow(problem, from, ms);
  return narrowed.ms > ms ? narrowed : fill(problem, narrowed, ms);
}

function narrow({ values, latency }: LevelProblem, from: readonly number[], ms: number): LevelChoice {
  let levels = from;
  let current = latency(levels);
  const unasked = (): readonly (Offer | undefined)[] =>
    values.map((_, group) => ({ group, level: 1, price: Number.NEGATIVE_INFINITY }));
  // Prices change little from step to step: only those at the front of the queue are looked up again.
  let offers = unasked();
  let askedAt = levels;
  const offerOf = (group: number): Offer | undefined => {
    const menu = values[group]!;
    const from = levels[group]!;
    let best: Offer | undefined;
    for (let level = from + 1; level < menu.length; level++) {
      const saved = current - latency(withLevel(levels, group, level));
      const price = (menu[from]! - menu[level]!) / saved;
      if (saved > current * LEAST_SAVING && (!best || price < best.price)) best = { group, level, price };
    }
    return best;
  };
  while (current > ms) {
    let best: Offer | undefined;
    let stale = true;
    while (stale) {
      best = cheapest(offers);
      if (!best) {
        if (askedAt === levels) return { levels, ms: current };
        // A group that saved nothing may save something now that others are narrow.
        offers = unasked();
        askedAt = levels;
        continue;
      }
      const { group } = best;
      const fresh = offerOf(group);
      offers = offers.map((offer) => (offer?.group === group ? fresh : offer));
      stale = fresh?.price !== best.price || fresh.level !== best.level;
    }
    const { group, level } = best!;
    levels = withLevel(levels, group, level);
    current = latency(levels);
    offers = offers.map((offer, at) =>
      at === group ? { group, level: level + 1, price: Number.NEGATIVE_INFINITY } : offer,
    );
  }
  return { levels, ms: current };
}

interface Offer {
  readonly group: number;
  readonly level: number;
  /** Value lost per millisecond saved; −∞ when not known yet. */
  readonly price: number;
}

/** A saving below this share of the model's latency is no reason to cut. */
const LEAST_SAVING = 1e-4;

function cheapest(offers: readonly (Offer | undefined)[]): Offer | undefined {
  let best: Offer | undefined;
  for (const offer of offers) if (offer && (!best || offer.price < best.price)) best = offer;
  return best;
}

/**
 * Meets `ms` as {@link chooseGreedily} does, then trades: at the widths reached, every level of every group has a price, the multiple-choice knapsack over
 * these prices is solved by its Lagrangian, and prices are looked up again at the new widths, until nothing is gained (HALP, 2021, to a fixed point).
 * What is left of the budget goes to whatever gains most. Never worse than the greedy choice.
 */
export function chooseByKnapsack(problem: LevelProblem, ms: number): LevelChoice {
  const start = chooseGreedily(problem, ms);
  if (start.ms > ms) return start;
  let best = fill(problem, start, ms);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = trade(problem, best, ms);
    if (!next || totalValue(problem, next.levels) <= totalValue(problem, best.levels) + 1e-9) break;
    best = next;
  }
  return best;
}

/** Re-pricings; the first few bring nearly everything. */
const MOST_ROUNDS = 8;
/** Halvings when looking for the price of a millisecond. */
const PRICE_ROUNDS = 40;

/** The knapsack at the current prices; where the prices proved wrong, half of the way. */
function trade(problem: LevelProblem, from: LevelChoice, ms: number): LevelChoice | undefined {
  const { values, latency } = problem;
  const costs = values.map((menu, group) =>
    menu.map((_, level) =>
      level === from.levels[group] ? 0 : latency(withLevel(from.levels, group, level)) - from.ms,
    ),
  );
  const budget = ms - from.ms;
  const at = (price: number): readonly number[] =>
    values.map((menu, group) => {
      const worth = menu.map((value, level) => value - price * costs[group]![level]!);
      return worth.indexOf(Math.max(...worth));
    });
  const costOf = (levels: readonly number[]): number =>
    levels.reduce((sum, level, group) => sum + costs[group]![level]!, 0);
  let [low, high] = [0, 1];
  while (costOf(at(high)) > budget && high < 1e12) high *= 4;
  for (let round = 0; round < PRICE_ROUNDS; round++) {
    const middle = (low + high) / 2;
    if (costOf(at(middle)) > budget) low = middle;
    else high = middle;
  }
  let levels = at(high);
  for (;;) {
    const moved = levels.flatMap((level, group) => (level === from.levels[group] ? [] : [group]));
    if (moved.length === 0) return undefined;
    const reached = latency(levels);
    if (reached <= ms) return fill(problem, { levels, ms: reached }, ms);
    // Prices hold near where they were asked: every other group goes back.
    const back = new Set(moved.filter((_, index) => index % 2 === 0));
    levels = levels.map((level, group) => (back.has(group) ? from.levels[group]! : level));
  }
}

/** Widens what gains most per millisecond while the budget allows. */
function fill({ values, latency }: LevelProblem, start: LevelChoice, ms: number): LevelChoice {
  let best = start;
  for (;;) {
    let next: (LevelChoice & { readonly gain: number }) | undefined;
    for (const [group, level] of best.levels.entries()) {
      for (let wider = level - 1; wider >= 0; wider--) {
        const levels = withLevel(best.levels, group, wider);
        const reached = latency(levels);
        if (reached > ms) continue;
        const gain = (values[group]![wider]! - values[group]![level]!) / Math.max(reached - best.ms, 1e-9);
        if (gain > 0 && (!next || gain > next.gain)) next = { levels, ms: reached, gain };
      }
    }
    if (!next) return { levels: best.levels, ms: best.ms };
    best = next;
  }
}

function totalValue({ values }: LevelProblem, levels: readonly number[]): number {
  return levels.reduce((sum, level, group) => sum + values[group]![level]!, 0);
}

function withLevel(levels: readonly number[], group: number, level: number): readonly number[] {
  return levels.with(group, level);
}
