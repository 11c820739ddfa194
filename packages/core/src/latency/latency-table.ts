// What was measured of units on one device with one engine: plain data, saved as JSON and used again for any model.

/** One measured unit. */
export interface UnitSample {
  readonly inputs: number;
  readonly outputs: number;
  readonly ms: number;
}

/**
 * How time depends on one width of a layer: widths up to the next multiple of `step` take as long as that, and widths that are no multiple of `unit`
 * take `penalty` times as long (1: none). A device without steps has step 1.
 */
export interface Stairs {
  readonly step: number;
  readonly unit: number;
  readonly penalty: number;
}

/** Latency of units on a device. */
export interface LatencyTable {
  readonly stairs: { readonly inputs: Stairs; readonly outputs: Stairs };
  /** Samples by kind of unit. */
  readonly units: Readonly<Record<string, readonly UnitSample[]>>;
}

/**
 * From sums of units to a model: milliseconds = `units` · Σ units + `perMegabyte` · megabytes moved by other nodes + `perRaggedMegabyte` · megabytes of
 * values off the device's steps + `perBereftMegabyte` · megabytes that pass where branches are gone + `overhead`.
 */
export interface LatencyCorrection {
  readonly units: number;
  readonly perMegabyte: number;
  readonly perRaggedMegabyte: number;
  readonly perBereftMegabyte: number;
  readonly overhead: number;
}
