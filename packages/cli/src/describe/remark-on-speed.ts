// What is to be said of a speed-up that is not what a cut promises.
import type { LatencyField } from '../documents/latency-field.ts';
import { formatFactor } from '../output/units.ts';
import { judgeSpeed } from './judge-speed.ts';

/** Convolution kernels work on blocks of so many channels: the wide one for networks with wide layers. */
const WIDE_BLOCK = 16;
const NARROW_BLOCK = 8;
const WIDE_LAYER = 64;

/** A cut whose speed was measured, or was not. */
export interface MeasuredCut {
  /** Fraction of the MACs kept. */
  readonly macs: number;
  /** The cut model last. */
  readonly latency: LatencyField | undefined;
  /** Layers that lost channels, with the channels they had. */
  readonly layers: readonly { readonly channels: number }[];
  /** What widths are multiples of already, auto: of what the device likes; undefined where a plan or a latency says what is cut. */
  readonly roundTo: number | 'auto' | undefined;
}

/** Sentences on the speed-up, none where it is as promised, and the multiple that widths should better be of, where there is one. */
export function remarkOnSpeed({ macs, latency, ...cut }: MeasuredCut): {
  readonly remarks: readonly string[];
  readonly block?: number;
} {
  const speedup = latency?.models.at(-1)?.speedup;
  const verdict = speedup && judgeSpeed(macs, speedup);
  if (speedup === undefined || verdict === 'as promised') return { remarks: [] };
  if (verdict === 'unclear') {
    const range = speedup.interval.map(formatFactor).join(' to ');
    const remark = `The measurement was too disturbed to tell the speed-up (${range}): measure again with \`espalier bench\` when nothing else runs.`;
    return { remarks: [remark] };
  }
  const remark = `${formatFactor(speedup.value)} as fast is far below the ${formatFactor(1 / macs)} that the MACs promise`;
  const block = blockFor(cut);
  if (block === undefined) return { remarks: [`${remark}.`] };
  const reason = `kernels work on blocks of channels, and widths in multiples of ${block} (--round-to ${block}) fill them.`;
  return { remarks: [`${remark}: ${reason}`], block };
}

/** The multiple that widths should be of; undefined when they are already, or cannot be chosen. */
function blockFor({ layers, roundTo }: Pick<MeasuredCut, 'layers' | 'roundTo'>): number | undefined {
  if (roundTo === undefined || roundTo === 'auto' || layers.length === 0) return undefined;
  const widths = layers.map(({ channels }) => channels).sort((a, b) => a - b);
  const block = widths[Math.floor(widths.length / 2)]! >= WIDE_LAYER ? WIDE_BLOCK : NARROW_BLOCK;
  return roundTo % block === 0 ? undefined : block;
}
