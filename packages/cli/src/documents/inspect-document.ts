// The JSON document of `inspect`.
import { z } from 'zod';
import { costField, modelField, reasonField } from './fields.ts';

const value = z.object({
  name: z.string(),
  type: z.string().describe('element type'),
  dims: z.array(z.union([z.number(), z.string(), z.null()])).describe('a size, a symbol, or null when open'),
});

/** What a model consists of and what of it can go. */
export const inspectDocument = z.object({
  schema: z.literal('espalier/inspect@1'),
  model: modelField.extend({
    producer: z.string().describe('what exported it; empty when it does not say'),
    opset: z.int(),
    nodes: z.int(),
    inputs: z.array(value),
    outputs: z.array(value),
    sizes: z
      .array(z.record(z.string(), z.array(z.int())))
      .describe('input dims it was traced at; the costs are those of the first'),
  }),
  metrics: costField.extend({
    layers: z.int().describe('nodes that multiply'),
    convolutions: z.int(),
    prunableConvolutions: z.int().describe('convolutions of which at least one channel can go'),
    channels: z.int().describe('output channels of all convolutions'),
    prunableChannels: z.int().describe('those that can go'),
    groups: z.int().describe('groups of coupled channels that can go'),
    frozenGroups: z.int(),
    ms: z.number().optional().describe('one run, milliseconds, median; with --profile'),
  }),
  layers: z
    .array(
      z.object({
        node: z.string().describe('name of its first output'),
        name: z.string().optional().describe('name of the ONNX node, where it has another'),
        operator: z.string(),
        shape: z.array(z.int()).describe('of its output'),
        macs: z.number(),
        params: z.number(),
        activationBytes: z.number(),
        share: z
          .object({ macs: z.number(), params: z.number(), activation: z.number() })
          .describe('of the model, 0 to 1'),
        ms: z.number().optional().describe('measured time; with --profile'),
        convolution: z.boolean(),
        channels: z.int().describe('output channels made by its weights; 0 when it has none'),
        prunableChannels: z.int(),
        frozen: z.array(reasonField).describe('why its other channels stay'),
      }),
    )
    .describe('every node that multiplies, in graph order'),
  groups: z
    .array(
      z.object({
        id: z.int(),
        root: z.string().describe('the first node that makes its channels; empty for padding'),
        channels: z.int().describe('coupled channels'),
        members: z.array(z.string()).describe('nodes whose weights a cut changes'),
        frozen: reasonField.optional(),
      }),
    )
    .describe('channels that occur in the same places'),
  notes: z.array(z.string()).describe('what the user should know, as sentences'),
});

/** The document's type. */
export type InspectDocument = z.infer<typeof inspectDocument>;
