// Pieces that several JSON documents share.
import { z } from 'zod';

/** The model a document is about. */
export const modelField = z
  .object({
    path: z.string().describe('absolute path'),
    sha256: z.string().describe('digest of the file, hex'),
    bytes: z.int().describe('size of the file'),
  })
  .describe('the model');

/** Cost of a model at the first traced size. */
export const costField = z.object({
  macs: z.number().describe('multiply-accumulates of one run'),
  params: z.number().describe('floating-point constants, elements'),
  activationBytes: z.number().describe('all activations, as if none were reused'),
});

/** Why something cannot be cut. */
export const reasonField = z.object({
  node: z.string().describe('name of the first output of the node that holds it; empty for the graph itself'),
  operator: z.string().describe('its operator; empty for a graph input or output'),
  value: z.string().describe('the value whose channels are held'),
  text: z.string().describe('one sentence'),
});

/** A number with its 95 % confidence interval. */
export const estimateField = z.object({
  value: z.number(),
  interval: z.tuple([z.number(), z.number()]).describe('95 % confidence interval'),
});

/** The best a device does. */
export const rooflineField = z.object({
  macsPerMs: z.number().describe('multiply-accumulates per millisecond in its favourite layers'),
  bytesPerMs: z.number().describe('bytes per millisecond through memory'),
});
