// An analysis as the document of `inspect`: facts of the file, cost of every layer, what can go and what cannot.
import {
  arrayTypeOf,
  type Coupling,
  type FreezeReason,
  type LayerCost,
  nodeId,
  type TracedModel,
  type ValueInfo,
} from '@espalier/core';
import type { Analysis, ModelFile, OperatorProfile } from '@espalier/node';
import type { z } from 'zod';
import type { modelField } from '../documents/fields.ts';
import type { InspectDocument } from '../documents/inspect-document.ts';

type LayerEntry = InspectDocument['layers'][number];
type ReasonEntry = LayerEntry['frozen'][number];

/** Describes an analysed model; `profile` adds measured times. */
export function describeModel(analysis: Analysis, profile?: OperatorProfile): InspectDocument {
  const { file, traced, coupling, cost, notes } = analysis;
  const layers = describeLayers(analysis, profile);
  const convolutions = layers.filter((layer) => layer.convolution);
  const cuttable = coupling.groups.filter((group) => !group.frozen);
  const { model } = file;
  return {
    schema: 'espalier/inspect@1',
    model: {
      ...describeFile(file),
      producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
      opset: traced.opset,
      nodes: traced.nodes.length,
      inputs: traced.graph.inputs
        .filter((input) => traced.inputNames.includes(input.name))
        .map(describeValue),
      outputs: traced.graph.outputs.map(describeValue),
      sizes: traced.sizes.map((size) =>
        Object.fromEntries(Object.entries(size).map(([name, dims]) => [name, [...dims]])),
      ),
    },
    metrics: {
      ...cost.original,
      layers: layers.length,
      convolutions: convolutions.length,
      prunableConvolutions: convolutions.filter((layer) => layer.prunableChannels > 0).length,
      channels: sum(convolutions.map((layer) => layer.channels)),
      prunableChannels: sum(convolutions.map((layer) => layer.prunableChannels)),
      groups: cuttable.length,
      frozenGroups: coupling.groups.length - cuttable.length,
      ...(profile && { ms: profile.runMs }),
    },
    layers,
    groups: coupling.groups.map((group) => ({
      id: group.id,
      root: group.root < 0 ? '' : nodeId(traced.nodes[group.root]!),
      channels: group.classes.length,
      members: [
        ...new Set(group.incidence.map(({ use }) => nodeId(traced.nodes[coupling.uses[use]!.node]!))),
      ],
      ...(group.frozen && { frozen: describeReason(traced, coupling.reasons[group.reason]!) }),
    })),
    notes: [...notes],
  };
}

/** The entry of a model file in every document. */
export function describeFile({ path, sha256, bytes }: ModelFile): z.infer<typeof modelField> {
  return { path, sha256, bytes };
}

/** The document's entry of a freeze reason. */
export function describeReason(traced: TracedModel, reason: FreezeReason): ReasonEntry {
  const node = reason.node < 0 ? '' : nodeId(traced.nodes[reason.node]!);
  return { node, operator: reason.opType, value: reason.value, text: reason.text };
}

function describeLayers(
  { traced, coupling, cost }: Analysis,
  profile: OperatorProfile | undefined,
): LayerEntry[] {
  const total = cost.original;
  const times = new Map<string, number>();
  for (const { node, ms } of profile?.rows ?? []) {
    if (node !== undefined) times.set(node, (times.get(node) ?? 0) + ms);
  }
  return cost.layers().map((layer): LayerEntry => {
    const ms = times.get(layer.name);
    const { name } = traced.nodes[layer.node]!;
    return {
      node: layer.name,
      ...(name && name !== layer.name && { name }),
      operator: layer.opType,
      shape: [...layer.shape],
      macs: layer.macs,
      params: layer.params,
      activationBytes: layer.activationBytes,
      share: {
        macs: fraction(layer.macs, total.macs),
        params: fraction(layer.params, total.params),
        activation: fraction(layer.activationBytes, total.activationBytes),
      },
      ...(ms !== undefined && { ms }),
      ...describeChannels(traced, coupling, layer),
    };
  });
}

/** How many of a layer's output channels can go, and what holds the others. */
function describeChannels(
  traced: TracedModel,
  coupling: Coupling,
  { node }: LayerCost,
): Pick<LayerEntry, 'convolution' | 'channels' | 'prunableChannels' | 'frozen'> {
  const uses = coupling.uses.filter((use) => use.node === node && use.role === 'produce' && use.kernel);
  const held = uses.flatMap((use) =>
    Array.from(use.labels, (label) => coupling.classes[label]?.frozen ?? -1),
  );
  const reasons = [...new Set(held)].filter((reason) => reason >= 0);
  return {
    convolution: uses.some((use) => use.kernel!.spatial.length > 0),
    channels: held.length,
    prunableChannels: held.filter((reason) => reason < 0).length,
    frozen: reasons.map((reason) => describeReason(traced, coupling.reasons[reason]!)),
  };
}

function describeValue(info: ValueInfo): InspectDocument['model']['inputs'][number] {
  return {
    name: info.name,
    type: arrayTypeOf(info.elemType ?? 0) ?? 'other',
    dims: (info.shape ?? []).map((dim) => dim.value ?? dim.param ?? null),
  };
}

function fraction(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
