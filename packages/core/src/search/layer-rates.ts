// Layer-rate tables, the way papers tell how much each layer loses: `[0]+[.15]*2+[.4]*27`, or by name, `conv1=0.3,layer2*=0.5`.
import type { Coupling } from '../coupling/coupling.ts';
import { EspalierError } from '../errors.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import { type Limiter, matchesPattern } from '../plan/limits.ts';
import { listPrunableGroups, type PrunableGroup } from './group-cuts.ts';
import { groupName } from './sensitivity.ts';

/**
 * Share of its channels that each group loses, at least 0 and below 1: one per group in the order of {@link orderTable}, or by the name of a group,
 * of its root's node, or a pattern of either, where `*` stands for any text; of several that match the first counts, and what none names stays whole.
 */
export type LayerRates = readonly number[] | Readonly<Record<string, number>>;

/** Reads a table. Error, kind usage: `run.layer-rates`. */
export function parseLayerRates(text: string): LayerRates {
  const rates = text.trim().startsWith('[') ? parseList(text) : parseRecord(text);
  if (rates) return rates;
  throw refusal(
    `'${text}' is no table of layer rates.`,
    'Write [0]+[.15]*2+[.4]*27, one rate per group, or name=0.3,other*=0.5; rates are the share removed, at least 0 and below 1.',
  );
}

const NUMBER = String.raw`\d*\.?\d+|\d+\.`;
const TERM = new RegExp(String.raw`^\[((?:${NUMBER})(?:,(?:${NUMBER}))*)\](?:\*(\d+))?$`);

function parseList(text: string): readonly number[] | undefined {
  const terms = text.replace(/\s+/g, '').split('+');
  const parts = terms.map((term) => {
    const [, values, times = '1'] = TERM.exec(term) ?? [];
    const rates = values?.split(',').map(Number) ?? [Number.NaN];
    return Array.from({ length: Number(times) }, () => rates).flat();
  });
  const rates = parts.flat();
  return rates.length > 0 && rates.every(isRate) ? rates : undefined;
}

function parseRecord(text: string): Readonly<Record<string, number>> | undefined {
  const entries = text.split(',').map((entry): readonly [string, number] => {
    // Names may hold an equals sign themselves, rates never do.
    const [, name = '', digits = ''] = /^(.+)=([^=]+)$/.exec(entry.trim()) ?? [];
    return [name.trim(), digits.trim() === '' ? Number.NaN : Number(digits)];
  });
  return entries.every(([name, rate]) => name !== '' && isRate(rate))
    ? Object.fromEntries(entries)
    : undefined;
}

const isRate = (rate: number): boolean => rate >= 0 && rate < 1;

/**
 * The groups in the order in which a list counts them: first those that several layers write together (the residual streams), then those of a
 * single layer (the convolutions of a plain network, the inner ones of a block), both in the order of the graph. That is how the tables of HRank
 * and CHIP for ResNets are laid out.
 */
export function orderTable(
  { flow, groups, uses }: Coupling,
  prunable: readonly PrunableGroup[],
): readonly PrunableGroup[] {
  const minting = new Set(
    flow.flatMap(({ kind, use }) => (kind === 'produce' && use !== undefined ? [use] : [])),
  );
  const isStream = ({ group }: PrunableGroup): boolean => {
    const writers = groups[group]!.incidence.filter(({ use }) => minting.has(use));
    return new Set(writers.map(({ use }) => uses[use]!.node)).size > 1;
  };
  return [...prunable.filter(isStream), ...prunable.filter((group) => !isStream(group))];
}

/**
 * The rate of each group that a table lets lose something, by index into `coupling.groups`. Error, kind usage: `run.layer-rates`, which lists the
 * groups when the table has another number of rates, or names what is none of them.
 */
export function assignRates(
  traced: TracedModel,
  coupling: Coupling,
  limiter: Limiter,
  rates: LayerRates,
): ReadonlyMap<number, number> {
  const groups = orderTable(coupling, listPrunableGroups(traced, coupling, limiter));
  const list = groups.map((group, i) => `${i + 1} ${groupName(group)} (${group.channels})`).join(', ');
  const hint = `The groups, with their channels, in the order of the table: ${list || 'none'}.`;
  if (isList(rates)) {
    if (rates.length !== groups.length) {
      throw refusal(
        `The table has ${rates.length} rates, the model ${groups.length} groups that can be cut.`,
        hint,
      );
    }
    return new Map(groups.flatMap(({ group }, i) => (rates[i]! > 0 ? [[group, rates[i]!]] : [])));
  }
  const namesOf = (group: PrunableGroup): readonly string[] => {
    const { name = '' } = traced.nodes[coupling.groups[group.group]!.root]!;
    return [groupName(group), group.root, name];
  };
  const matches = (pattern: string, group: PrunableGroup): boolean =>
    namesOf(group).some((name) => matchesPattern(pattern, name));
  const patterns = Object.keys(rates);
  const idle = patterns.find((pattern) => !groups.some((group) => matches(pattern, group)));
  if (idle !== undefined)
    throw refusal(`The table names '${idle}', which is no group that can be cut.`, hint);
  return new Map(
    groups.flatMap((group) => {
      const pattern = patterns.find((each) => matches(each, group));
      return pattern !== undefined && rates[pattern]! > 0 ? [[group.group, rates[pattern]!]] : [];
    }),
  );
}

function isList(rates: LayerRates): rates is readonly number[] {
  return Array.isArray(rates);
}

function refusal(message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'usage', code: 'run.layer-rates', message, hint });
}
