// How one node uses channels of one of its constant inputs: the words that operators, coupling and plans share.

/** What a node does with a channel that lies along an axis of one of its constant inputs. */
export type UseRole =
  | 'produce' // the constant's slice makes the channel (Conv weight axis 0, its bias)
  | 'consume' // the constant's slice reads the channel (Conv weight axis 1)
  | 'pass'; // the channel passes through element-wise (BN vectors, PRelu slopes, added constants)

/**
 * Layout of a constant that is a kernel or matrix: `out` and `in` are its channel axes, every axis in `spatial` is a kernel axis;
 * `flipped` when the operator runs it mirrored (ConvTranspose). A depthwise kernel [C·m, 1, k, k] has out 0, in 1 and its channels
 * lie on `out` for both roles.
 */
export interface KernelLayout {
  readonly out: number;
  readonly in: number;
  readonly spatial: readonly number[];
  readonly flipped: boolean;
}

/** Rows [from, to) of one axis: one block of a grouped weight. */
export interface Rows {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
}

/** One constant input seen along one axis, before classes are known. */
export interface UseRequest {
  /** Which input of the node. */
  readonly input: number;
  readonly role: UseRole;
  readonly axis: number;
  /** Channel id of each position along `axis`. */
  readonly flow: Int32Array;
  readonly kernel?: KernelLayout;
  readonly within?: Rows;
}

/** What stays of a constant at one use: per axis, kept positions; grouped weights keep other columns in each block of rows. */
export interface Selection {
  /** Kept positions by axis; axes that are not listed stay whole. */
  readonly axes: ReadonlyMap<number, Int32Array>;
  /** Blocks of `axis` (rows [from, to)), each with its own kept positions on `inner`. */
  readonly blocks?: {
    readonly axis: number;
    readonly inner: number;
    readonly parts: readonly { readonly from: number; readonly to: number; readonly kept: Int32Array }[];
  };
}
