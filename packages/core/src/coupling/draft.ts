// What the walk over the graph leaves behind: labels, uses and constraints in flow ids, and the ledger that says what they became.
import type { UseRequest } from '../labels/channel-use.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import type { Ledger } from './ledger.ts';

/** A use as the walk records it: flow ids, classes not yet known. */
export interface DraftUse extends UseRequest {
  readonly node: number;
  readonly value: string;
}

/** A constraint as the walk records it. */
export interface DraftConstraint {
  readonly node: number;
  readonly side: 'in' | 'out';
  readonly blocks: readonly Int32Array[];
}

/** Everything the walk leaves behind. */
export interface Draft {
  readonly labels: ReadonlyMap<string, readonly LabelTensor[]>;
  readonly uses: readonly DraftUse[];
  readonly constraints: readonly DraftConstraint[];
  readonly ledger: Ledger;
}
