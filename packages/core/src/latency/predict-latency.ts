// The latency model: units are looked up in the table of a device, added up, and corrected by what whole models took.
import type { KeepMask } from '../coupling/survivors.ts';
import { climb } from './fit-stairs.ts';
import type { LatencyParts, LatencySizes, UnitWidths } from './latency-parts.ts';
import type { LatencyCorrection, LatencyTable, UnitSample } from './latency-table.ts';
import { fitNonNegative } from './non-negative-fit.ts';

/** Milliseconds of a unit of some kind at some widths; undefined for kinds that were never measured. */
export type UnitTimes = (kind: string, widths: UnitWidths) => number | undefined;

/** A width pair after the stairs, and the factor for being off their unit. */
interface Climbed extends UnitWidths {
  readonly factor: number;
}

/**
 * Reads a table: per kind, milliseconds are a + b·inputs + c·outputs + d·inputs·outputs over the widths that the stairs lead to, with nothing
 * negative, and what that misses at the measured widths is carried over to widths nearby.
 */
export function readTable({ stairs, units }: LatencyTable): UnitTimes {
  const climbBoth = ({ inputs, outputs }: UnitWidths): Climbed => {
    const [i, o] = [climb(stairs.inputs, inputs), climb(stairs.outputs, outputs)];
    return { inputs: i.width, outputs: o.width, factor: Math.max(i.factor, o.factor) };
  };
  const fits = new Map<string, (widths: UnitWidths) => number>();
  const known = new Map<string, number>();
  return (kind, widths) => {
    const samples = units[kind];
    if (!samples?.length) return undefined;
    const key = `${widths.inputs} ${widths.outputs} ${kind}`;
    let ms = known.get(key);
    if (ms === undefined) {
      const fit = fits.get(kind) ?? fitKind(samples, climbBoth);
      fits.set(kind, fit);
      ms = fit(widths);
      known.set(key, ms);
    }
    return ms;
  };
}

function fitKind(
  samples: readonly UnitSample[],
  climbBoth: (widths: UnitWidths) => Climbed,
): (widths: UnitWidths) => number {
  const points = samples.map((sample) => ({ at: climbBoth(sample), ms: sample.ms }));
  const terms = ({ inputs, outputs }: UnitWidths): readonly number[] => [
    1,
    inputs,
    outputs,
    inputs * outputs,
  ];
  // Few samples determine few terms: the product alone says most of a layer.
  const first = Math.max(0, 4 - samples.length);
  const rows = points.map(({ at }) => terms(at).slice(first));
  const coefficients = fitNonNegative(
    rows,
    points.map(({ at, ms }) => ms / at.factor),
  );
  const smooth = (at: UnitWidths): number =>
    terms(at)
      .slice(first)
      .reduce((sum, term, t) => sum + term * coefficients[t]!, 0);
  const residuals = points.map(({ at, ms }) => ({ at, log: Math.log(ms / at.factor / smooth(at)) }));
  return (widths) => {
    const at = climbBoth(widths);
    return smooth(at) * at.factor * Math.exp(interpolate(residuals, at));
  };
}

/** Inverse-distance mean of what the smooth fit misses; distance in octaves. A far sample says nothing of a width, hence the constant weight of zero. */
function interpolate(
  residuals: readonly { readonly at: UnitWidths; readonly log: number }[],
  at: UnitWidths,
): number {
  let [sum, weights] = [0, 1 / FAR ** 2];
  for (const { at: there, log } of residuals) {
    const octaves = Math.hypot(Math.log2(there.inputs / at.inputs), Math.log2(there.outputs / at.outputs));
    const weight = 1 / Math.max(octaves, 1e-3) ** 2;
    sum += weight * log;
    weights += weight;
  }
  return sum / weights;
}

/** Octaves beyond which a measured width says little about another. */
const FAR = 0.5;

/** Whether a unit of these widths has anything to do. */
export function isLeft({ inputs, outputs }: UnitWidths): boolean {
  return inputs > 0 && outputs > 0;
}

/** What a whole model has to do: milliseconds of its units by the table, and the bytes of {@link LatencySizes}. */
export interface ModelLoad extends Omit<LatencySizes, 'widths'> {
  readonly unitsMs: number;
}

/** A whole model that was timed. */
export interface TimedLoad extends ModelLoad {
  readonly ms: number;
}

/** The load of a choice of channels; units of unknown kinds count as nothing, and those that are gone with their branch. */
export function loadOf({ units, sizes }: LatencyParts, times: UnitTimes, keep: KeepMask): ModelLoad {
  const { widths, ...bytes } = sizes(keep);
  const unitsMs = widths.reduce(
    (sum, each, index) => sum + (isLeft(each) ? (times(units[index]!.kind, each) ?? 0) : 0),
    0,
  );
  return { unitsMs, ...bytes };
}

/**
 * The correction that fits what was timed best, of one model or of several. Needs at least four loads that differ. For a model that was not among them the
 * table itself is the best witness, as units were measured in milliseconds: that they cost what they say counts as so many timed loads, default 0.
 */
export function fitCorrection(timed: readonly TimedLoad[], tableCounts = 0): LatencyCorrection {
  const believed = new Array<Terms>(tableCounts).fill([1, 0, 0, 0, 0]);
  const [units, perMegabyte, perRaggedMegabyte, perBereftMegabyte, overhead] = fitNonNegative(
    [...timed.map(termsOf), ...believed],
    [...timed.map(({ ms }) => ms), ...believed.map(() => 1)],
  ) as Terms;
  return { units, perMegabyte, perRaggedMegabyte, perBereftMegabyte, overhead };
}

/** Milliseconds of a load. */
export function correctLoad(
  load: ModelLoad,
  { units, perMegabyte, perRaggedMegabyte, perBereftMegabyte, overhead }: LatencyCorrection,
): number {
  const prices: Terms = [units, perMegabyte, perRaggedMegabyte, perBereftMegabyte, overhead];
  return termsOf(load).reduce((ms, term, index) => ms + term * prices[index]!, 0);
}

type Terms = [number, number, number, number, number];

/** In the order of {@link LatencyCorrection}'s prices. */
function termsOf({ unitsMs, movedBytes, raggedBytes, bereftBytes }: ModelLoad): Terms {
  return [unitsMs, movedBytes / 1e6, raggedBytes / 1e6, bereftBytes / 1e6, 1];
}
