// What the page of a run needs beside its journal: how the layers of the original hang together and what is left of them, what is frozen, sizes, latencies.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ChannelHistory,
  connectivity,
  groupBy,
  historyGroups,
  keepOf,
  nodeId,
  PLAN_VERSION,
  type SearchStep,
  stays,
} from '@espalier/core';
import type { Analysis, SearchResult } from '@espalier/node';
import type { FrozenFact, LatencyFacts, LayerFact, RunFacts } from '@espalier/report';
import type { LatencyField } from '../documents/latency-field.ts';
import type { SearchDocument } from '../documents/search-document.ts';
import { formatReason } from '../report/inspect-report.ts';
import { describeReason } from './describe-model.ts';

/** Describes a run that came to its end; `document` is what its command says of it. */
export async function describeRunFacts(
  { original, steps }: SearchResult,
  document: SearchDocument,
): Promise<RunFacts> {
  const { model, run, output, strategy, target, maxDrop, confidence, latency, remarks, next } = document;
  return {
    schema: 'espalier/report@1',
    model: { path: model.path, sha256: model.sha256 },
    output,
    asked: { strategy, target, maxDrop, confidence },
    files: await sizesOf(run, steps),
    layers: describeLayers(original, steps.at(-1)!.history),
    frozen: describeFrozen(original),
    ...(latency && { latency: describeLatency(latency, steps) }),
    ...{ remarks, next },
  };
}

/** What the model of a step is called where models are compared. */
export function nameStep(step: number): string {
  return step === 0 ? 'original' : `step ${step}`;
}

async function sizesOf(folder: string, steps: readonly SearchStep[]): Promise<RunFacts['files']> {
  const sizes = steps.map(async ({ step, model }) => {
    // Models of steps may have been thinned out.
    const file = await stat(join(folder, model)).catch(() => undefined);
    return file ? [{ step, bytes: file.size }] : [];
  });
  return (await Promise.all(sizes)).flat();
}

function describeLayers({ traced, coupling, cost }: Analysis, history: ChannelHistory): readonly LayerFact[] {
  const plan = { version: PLAN_VERSION, groups: historyGroups(history), cuts: [] } as const;
  const keep = keepOf(traced, coupling, plan);
  const macs = new Map(cost.layers().map((layer) => [layer.node, layer.macs]));
  const keptMacs = new Map(cost.layers(keep).map((layer) => [layer.node, layer.macs]));
  return connectivity(traced, coupling).map(({ node, name, consumers, sizes }) => {
    const labels = coupling.uses
      .filter((use) => use.node === node && use.role === 'produce' && use.kernel)
      .flatMap((use) => [...use.labels]);
    return {
      node: name,
      operator: traced.nodes[node]!.opType,
      channels: labels.length,
      kept: labels.filter((label) => stays(keep, label)).length,
      free: labels.filter((label) => coupling.classes[label]?.frozen === -1).length,
      macs: macs.get(node) ?? 0,
      keptMacs: keptMacs.get(node) ?? 0,
      readers: [...new Set(consumers.map((end) => nodeId(traced.nodes[end.node]!)))],
      sizes,
    };
  });
}

function describeFrozen({ traced, coupling }: Analysis): readonly FrozenFact[] {
  const held = coupling.groups.filter(({ frozen }) => frozen);
  return [...groupBy(held, ({ reason }) => reason)].map(([reason, groups]) => {
    const uses = groups.flatMap(({ incidence }) => incidence.map(({ use }) => coupling.uses[use]!));
    return {
      members: [...new Set(uses.map((use) => nodeId(traced.nodes[use.node]!)))],
      channels: groups.reduce((sum, { classes }) => sum + classes.length, 0),
      because: formatReason(describeReason(traced, coupling.reasons[reason]!)),
    };
  });
}

function describeLatency(
  { provider, threads, warnings, models }: LatencyField,
  steps: readonly SearchStep[],
): LatencyFacts {
  const byName = new Map(steps.map(({ step }) => [nameStep(step), step]));
  return {
    ...{ provider, warnings },
    ...(threads !== undefined && { threads }),
    steps: models.flatMap(({ name, iterations, medianMs, speedup }) => {
      const step = byName.get(name);
      return step === undefined ? [] : [{ step, iterations, medianMs, speedup }];
    }),
  };
}
