// What the numbers of a cut do not say by themselves: whether the speed is what the MACs promise, and what to try next.
import { judgeSpeed } from '../describe/judge-speed.ts';
import type { PruneDocument } from '../documents/prune-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import type { OptionName, OptionsFor } from '../options/options.ts';
import { formatFactor } from '../output/units.ts';
import type { CommandContext } from './command.ts';

/** Convolution kernels work on blocks of so many channels: the wide one for networks with wide layers. */
const WIDE_BLOCK = 16;
const NARROW_BLOCK = 8;
const WIDE_LAYER = 64;

/** What is known when advice is asked for. */
export interface FinishedCut extends Pick<PruneDocument, 'layers' | 'latency'> {
  /** Fraction of the MACs kept. */
  readonly macs: number;
  readonly path: string;
  /** Where the model was written; undefined when it was not. */
  readonly output: string | undefined;
  readonly options: OptionsFor<'prune'>;
  readonly sources: CommandContext<'prune'>['sources'];
}

/** Sentences on the speed-up, none when it is as promised, and the command that makes sense now. */
export function adviseAfterCut(cut: FinishedCut): Pick<PruneDocument, 'remarks' | 'next'> {
  const { macs, path, output, options, latency } = cut;
  const speedup = latency?.models.at(-1)?.speedup;
  const verdict = speedup && judgeSpeed(macs, speedup);
  const usual = options.data === undefined ? evaluate(cut) : bench(cut);
  if (speedup === undefined || verdict === 'as promised') {
    return { remarks: [], next: output === undefined ? null : usual };
  }
  if (verdict === 'unclear') {
    const range = speedup.interval.map(formatFactor).join(' to ');
    const remark = `The measurement was too disturbed to tell the speed-up (${range}): measure again with \`espalier bench\` when nothing else runs.`;
    return { remarks: [remark], next: output === undefined ? null : usual };
  }
  const remark = `${formatFactor(speedup.value)} as fast is far below the ${formatFactor(1 / macs)} that the MACs promise`;
  const block = blockFor(cut);
  if (block === undefined) return { remarks: [`${remark}.`], next: output === undefined ? null : usual };
  const reason = `kernels work on blocks of channels, and widths in multiples of ${block} (--round-to ${block}) fill them.`;
  return {
    remarks: [`${remark}: ${reason}`],
    next: formatCommandLine('prune', [path], { ...typed(cut), roundTo: block, force: true }),
  };
}

function evaluate({ path, output = '' }: FinishedCut): string {
  return `${formatCommandLine('eval', [output], { reference: path })} --data DATA`;
}

function bench({ path, output = '' }: FinishedCut): string {
  return formatCommandLine('bench', [path, output], {});
}

/** The multiple that widths should be of; undefined when they are already, or when the plan says what is cut. */
function blockFor({ layers, options }: FinishedCut): number | undefined {
  if (options.plan !== undefined || layers.length === 0) return undefined;
  const widths = layers.map(({ channels }) => channels).sort((a, b) => a - b);
  const block = widths[Math.floor(widths.length / 2)]! >= WIDE_LAYER ? WIDE_BLOCK : NARROW_BLOCK;
  return options.roundTo % block === 0 ? undefined : block;
}

/** Options from flags: the config file and the environment will speak for themselves again. */
function typed({ options, sources }: FinishedCut): Readonly<Partial<Record<OptionName, unknown>>> {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => sources[name as OptionName] === 'flag'),
  );
}
