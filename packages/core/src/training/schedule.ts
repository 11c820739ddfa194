// How the learning rate moves over a training.

/** A schedule: linear warm-up, then half a cosine down to a share of the peak (SGDR: Stochastic Gradient Descent with Warm Restarts, 2017). */
export interface Schedule {
  /** Highest learning rate. */
  readonly peak: number;
  /** Fraction of the training in which the rate climbs to the peak, 0 to 1; default 0.05. */
  readonly warmUp?: number;
  /** What is left of the peak at the end, 0 to 1; default 0.01. */
  readonly floor?: number;
}

/** The learning rate when a fraction `progress` (0 to 1) of the training is done; above 0 from the first step on. */
export function rateAt(
  { peak, warmUp = 0.05, floor = 0.01 }: Schedule,
  progress: number,
  step: number,
): number {
  if (progress < warmUp) return peak * Math.max(progress / warmUp, 1e-3 * Math.min(1, step));
  const along = (progress - warmUp) / Math.max(1e-12, 1 - warmUp);
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, along))));
}

/**
 * How much of the averaged weights stays at a step (from 1): little at first, so that the average does not remember its beginning (Mean teachers
 * are better role models, 2017). Default limit 0.99.
 */
export function averageDecayAt(step: number, limit = 0.99): number {
  return Math.min(limit, step / (step + 9));
}
