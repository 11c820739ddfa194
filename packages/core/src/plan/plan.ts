// The plan: what a cut removes, as a JSON document that a person can read, edit and apply again.

/** Current version of the plan document's schema. */
export const PLAN_VERSION = 1;

/** One group's share of a plan. */
export interface PlanGroup {
  /** Name of the first output of the group's root node. */
  readonly root: string;
  /** Number of output channels of the root in the original. */
  readonly channels: number;
  /** Removed output-channel indices of the root, ascending, in the original's numbering. */
  readonly removed: readonly number[];
}

/**
 * One slice that goes from one constant input of one node. Entries on the same node, input and axis are a union. Indices refer to the original
 * value's axis. `within` restricts an entry to rows [from, to) of another axis (one block of a grouped convolution).
 */
export interface PlanCut {
  /** Name of the node's first output. */
  readonly node: string;
  readonly input: number;
  /** Initializer, or output name of the constant expression. */
  readonly value: string;
  readonly role: 'consume' | 'produce' | 'pass';
  readonly axis: number;
  readonly indices: readonly number[];
  readonly within?: { readonly axis: number; readonly from: number; readonly to: number };
}

/** The plan document. */
export interface Plan {
  readonly version: typeof PLAN_VERSION;
  /** SHA-256 of the original file, hex, when known. */
  readonly model?: string;
  /** How it was chosen, for people: criterion, target, limits. */
  readonly made?: Readonly<Record<string, unknown>>;
  readonly groups: readonly PlanGroup[];
  readonly cuts: readonly PlanCut[];
}
