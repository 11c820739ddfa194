// `bench` as text.
import type { BenchDocument } from '../documents/bench-document.ts';
import { foldList } from '../output/fold-list.ts';
import type { Paint } from '../output/paint.ts';
import { formatTable } from '../output/text-table.ts';
import { formatFactor, formatNumberOf, formatPercent, formatRoughMs, formatWhole } from '../output/units.ts';
import { formatLatency, formatStart } from './latency-report.ts';
import { describeRoofline } from './roofline-report.ts';

type BenchedModel = BenchDocument['models'][number];
type Profile = NonNullable<BenchedModel['profile']>;

/** Of more operators than this the slowest are shown. */
const SHOWN_OPERATORS = 15;

/** More names of operators than this are folded. */
const SHOWN_NAMES = 3;

/**
 * Lines of the report: latencies, how the speed-up compares with the MACs (of two models a sentence, of more a column), what loading and
 * memory take, what denormal weights cost, and operator times where they were measured.
 */
export function formatBench(document: BenchDocument, paint: Paint): readonly string[] {
  const { models, latency, roofline } = document;
  const [first] = models;
  const macs = models.length > 2 ? models.map((model) => model.macs / first!.macs) : undefined;
  const threads = models.find(({ memory }) => memory?.threads !== undefined)?.memory?.threads;
  const bytes = models.map(({ weightBytes, memory }) => ({ weightBytes, ...memory }));
  const remarks = models.flatMap((model, i) => remarkOn(latency.models[i]!.name, model, latency.provider));
  return [
    ...formatLatency(latency, { ...(macs && { macs }), ...(threads !== undefined && { threads }) }),
    ...(models.length === 2 ? ['', paint.bold(compareTwo(document))] : []),
    '',
    ...formatStart(latency, bytes),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
    ...models.flatMap(({ profile }, i) =>
      profile ? ['', paint.bold(latency.models[i]!.name), ...formatProfile(profile)] : [],
    ),
    // What the bounds were worked out from.
    ...(roofline ? ['', `At best: by this machine's ${describeRoofline(roofline)}, as measured.`] : []),
  ];
}

function compareTwo({ metrics, latency }: BenchDocument): string {
  const [first, last] = latency.models.map(({ name }) => name);
  const speed = formatFactor(metrics.speedup);
  const faster = speed === formatFactor(1) ? 'as fast as' : `${speed} as fast as`;
  return `${last} is ${faster} ${first}, ${compareMacs(metrics.macsRatio)}`;
}

function compareMacs(ratio: number): string {
  const less = formatFactor(1 / ratio);
  const more = formatFactor(ratio);
  if (less === formatFactor(1) || more === formatFactor(1)) return 'with as many MACs';
  const change = ratio < 1 ? `${less} less arithmetic` : `${more} the arithmetic`;
  return `with ${formatPercent(ratio)} of the MACs (${change})`;
}

/** What a user may not expect of a model: numbers that cost time, kernels that ran elsewhere than asked. */
function remarkOn(
  name: string,
  { denormals, placement = [] }: BenchedModel,
  provider: string,
): readonly string[] {
  const others = placement.filter((part) => part.provider !== provider);
  return [
    ...(denormals ? describeDenormals(name, denormals) : []),
    ...others.map(
      ({ provider: other, kernels, share }) =>
        `${formatNumberOf(kernels, 'kernel')} of ${name} ran on ${other}, not on ${provider}: ${formatPercent(share)} of the time.`,
    ),
  ];
}

/** Which weights are denormal, those with most first, and what that costs. */
function describeDenormals(
  name: string,
  { count, tensors, speedup: { value, interval } }: NonNullable<BenchedModel['denormals']>,
): readonly string[] {
  const where = tensors.toSorted((a, b) => b.count - a.count).map(({ tensor }) => tensor);
  const range = interval.map(formatFactor).join(' to ');
  const isSure = interval[0] > 1 || interval[1] < 1;
  const effect = isSure
    ? `it is ${formatFactor(value)} as fast (${range})`
    : `it is as fast on this processor (${range}); others may be slow on them`;
  const held = count === 1 ? '1 denormal weight' : `${formatWhole(count)} denormal weights`;
  return [
    `${name} holds ${held}: ${foldList(where, SHOWN_NAMES)}.`,
    `With zeros in their place, as in every model that espalier writes, ${effect}.`,
  ];
}

/** The slowest nodes, then the others and what the runtime added (reordered layouts, casts) as one sum each. */
function formatProfile(profile: Profile): readonly string[] {
  const nodes = profile.filter(({ node }) => node !== undefined).sort((a, b) => b.ms - a.ms);
  const added = profile.filter(({ node }) => node === undefined);
  return formatTable(
    [
      { head: 'time', align: 'right' },
      { head: 'share', align: 'right' },
      { head: 'at best', align: 'right' },
      { head: 'bound by' },
      { head: 'operator' },
      { head: 'node' },
    ],
    [
      ...nodes
        .slice(0, SHOWN_OPERATORS)
        .map(({ ms, share, bound, operator, node }) => [
          ...[formatRoughMs(ms), formatPercent(share), bound ? formatRoughMs(bound.ms) : '', bound?.by ?? ''],
          ...[operator, node!],
        ]),
      ...formatSum(
        nodes.slice(SHOWN_OPERATORS),
        (count) => `${formatNumberOf(count, 'faster node')} (--json has all)`,
      ),
      ...formatSum(added, (count) => `${formatNumberOf(count, 'node')} that the runtime added`),
    ],
  );
}

/** What the bounds of layers add up to. */
function formatBounds(rows: Profile): readonly [string, string] {
  const bounds = rows.flatMap(({ bound }) => bound ?? []);
  return bounds.length === 0 ? ['', ''] : [formatRoughMs(bounds.reduce((sum, { ms }) => sum + ms, 0)), ''];
}

function formatSum(rows: Profile, describe: (count: number) => string): readonly (readonly string[])[] {
  if (rows.length === 0) return [];
  const sum = (part: 'ms' | 'share'): number => rows.reduce((total, row) => total + row[part], 0);
  const operators = [...new Set(rows.map(({ operator }) => operator))];
  return [
    [
      formatRoughMs(sum('ms')),
      formatPercent(sum('share')),
      ...formatBounds(rows),
      foldList(operators, SHOWN_NAMES),
      describe(rows.length),
    ],
  ];
}
