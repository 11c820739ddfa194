// Where a sensitivity curve should be looked at more closely.
import type { SensitivityPoint } from './sensitivity.ts';

/**
 * The rate in the middle of the first stretch between two neighbouring rates (or 0 and the first) over which the drop rises by more than `least`, in the
 * metric's unit, and by more than both ends' own 95 % intervals leave open; undefined where there is none. Points by rising rate. What lies beyond the
 * first bend is not looked at: there the group is cut too far already.
 */
export function findBend(points: readonly SensitivityPoint[], least: number): number | undefined {
  const curve = [ORIGIN, ...points];
  for (const [i, to] of points.entries()) {
    const from = curve[i]!;
    const rise = to.drop - from.drop;
    if (rise > least && rise > Math.hypot(reachOf(from), reachOf(to))) return (from.rate + to.rate) / 2;
  }
  return undefined;
}

type CurveEnd = Pick<SensitivityPoint, 'rate' | 'drop' | 'interval'>;

/** The uncut model. */
const ORIGIN: CurveEnd = { rate: 0, drop: 0, interval: [0, 0] };

/** How far the drop may be off to either side: any distance where the samples were too few to tell. */
function reachOf({ interval }: CurveEnd): number {
  return interval === null ? Number.POSITIVE_INFINITY : (interval[1] - interval[0]) / 2;
}
