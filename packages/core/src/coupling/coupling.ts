// The result of channel coupling: which channels of which weights go together, as plain data.
// Everything downstream (importance, plan, surgery, cost, print-outs) reads this and nothing else.
import type { KernelLayout, Rows, UseRole } from '../labels/channel-use.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import type { Branch } from './branches.ts';

/**
 * Labels of one axis of one value: `labels[i]` is the coupled class of position i, or `FIXED` where the position always stays.
 * Position i survives a cut iff every label vector of that axis keeps it.
 */
export interface AxisLabels {
  readonly axis: number;
  readonly labels: Int32Array;
}

/** The class of positions that no cut removes. */
export const FIXED = -1;

/** One constant input of one node, seen along one of its axes. */
export interface Use {
  readonly id: number;
  /** Index into `graph.nodes`. */
  readonly node: number;
  /** Which input of the node. */
  readonly input: number;
  /** The initializer's name, or the output name of the constant expression. */
  readonly value: string;
  readonly role: UseRole;
  readonly axis: number;
  /** Class of each position along `axis` (inside `within` if given: the labels of that block's columns). */
  readonly labels: Int32Array;
  /**
   * Origin of each position along `axis`: the ids of the flow (see {@link Flow}) that arrive at (consume, pass) or leave from
   * (produce) that position, before ties merge them. −1 where nothing flows.
   */
  readonly flow: Int32Array;
  /** Absent for biases and pass vectors. */
  readonly kernel?: KernelLayout;
  /** Restricts the use to rows [from, to) of another axis: one block of a grouped convolution. */
  readonly within?: Rows;
}

/**
 * Where channels come from, step by step, before ties merge them: flow id f belongs to the step with
 * `base <= f < base + count`, its position in the step is f − base. Additive paths only: a gate (the SE branch of a Mul) is no source.
 */
export interface FlowStep {
  readonly base: number;
  readonly count: number;
  readonly node: number;
  /**
   * produce: minted by a weight (`use` = its produce use). depthwise: the source convolved with row `position` of `use`. scale: the source
   * times a per-channel factor (BN). sum: all sources add up. pad: a constant (padding, joined constants).
   */
  readonly kind: 'produce' | 'depthwise' | 'scale' | 'sum' | 'pad';
  /** One array per source, `count` flow ids each (−1: none). Empty for produce and pad. */
  readonly sources: readonly Int32Array[];
  /** Id of the weight use (produce, depthwise: the rows of the weight) where there is one. */
  readonly use?: number;
}

/** Why some channels cannot go: the node that holds them and what it does. */
export interface FreezeReason {
  readonly id: number;
  /** Index into `graph.nodes`; −1 for a graph input or output. */
  readonly node: number;
  readonly opType: string;
  /** Name of the value concerned. */
  readonly value: string;
  /** A sentence: `channels are mixed by Softmax over axis 1`. */
  readonly text: string;
}

/** One coupled channel: it goes everywhere or nowhere. */
export interface CoupledClass {
  readonly id: number;
  /** Index into `groups`. */
  readonly group: number;
  /** The freeze reason, or −1 when it can be cut. */
  readonly frozen: number;
}

/** Classes with identical incidence: the same uses with the same multiplicity. */
export interface Group {
  readonly id: number;
  /** Class ids in order of their position in the root. */
  readonly classes: Int32Array;
  /** Node index of the first Conv, ConvTranspose, Gemm or MatMul that produces it; −1 for classes no weight produces (padding). */
  readonly root: number;
  /** Ids of the uses it takes part in, with how often each class occurs there. */
  readonly incidence: readonly { readonly use: number; readonly count: number }[];
  /** True when its classes cannot be cut. */
  readonly frozen: boolean;
  /** Reason id, −1 when not frozen. */
  readonly reason: number;
}

/**
 * An equal-count constraint of a grouped convolution side: after a cut each block must keep the same number of positions.
 * `blocks[b]` are the classes of block b's positions (a class may repeat).
 */
export interface BlockConstraint {
  readonly node: number;
  readonly side: 'in' | 'out';
  readonly blocks: readonly Int32Array[];
}

/** The whole coupling of a graph. */
export interface Coupling {
  readonly classes: readonly CoupledClass[];
  readonly groups: readonly Group[];
  readonly uses: readonly Use[];
  readonly constraints: readonly BlockConstraint[];
  readonly flow: readonly FlowStep[];
  readonly reasons: readonly FreezeReason[];
  /** Surviving-position labels of every labelled value, one entry per labelled axis and label vector. */
  readonly values: ReadonlyMap<string, readonly AxisLabels[]>;
  /**
   * Values inside chains of pure movement (channel shuffles) whose kept set need not be rectangular, with the classes of all their
   * positions; and the detours that replace such a chain when a cut leaves it ragged.
   */
  readonly tangled: ReadonlyMap<string, LabelTensor>;
  readonly detours: readonly Detour[];
  /** Groups that may go altogether. */
  readonly branches: readonly Branch[];
}

/** `to` holds, along `axis`, the positions `positions` of `from`: one Gather says what the chain between them does. */
export interface Detour {
  readonly from: string;
  readonly to: string;
  readonly axis: number;
  readonly positions: Int32Array;
  /** The tangled values on the way. */
  readonly through: readonly string[];
}
