// The JSON documents of `finetune` and `train`.
import { z } from 'zod';
import { modelField } from './fields.ts';

const metrics = z.record(z.string(), z.number().nullable());

/** What was trained, on what, and what it changed. */
export const finetuneDocument = z.object({
  schema: z.literal('espalier/finetune@1'),
  model: modelField,
  teacher: modelField.optional().describe('the model whose answers were learned from; with --teacher'),
  output: z.string().describe('the file that was written'),
  run: z.string().nullable().describe('the run folder; null without --run-dir'),
  objective: z.string().describe('what was learned from, one sentence'),
  data: z.object({
    path: z.string(),
    description: z.string().describe('what it holds and how it was recognised'),
    samples: z.int().describe('samples trained on'),
    judgedBy: z.int().describe('samples that models were judged by'),
    corrupt: z.int().describe('pictures that could not be decoded'),
  }),
  preprocess: z
    .string()
    .nullable()
    .describe('as --preprocess takes it; null for arrays, which are fed as they are'),
  assumed: z.array(z.string()).describe('parts of the preprocessing that nothing speaks for'),
  augment: z.string().describe('as --augment takes it'),
  metrics: z.object({
    metric: z.string().describe('name of the number that models were judged by'),
    before: z.number().nullable(),
    after: z.number().nullable(),
    seconds: z.number().describe('evaluations included'),
    samplesPerSecond: z.number().describe('while steps were taken'),
  }),
  before: metrics.describe('of the model before the first step'),
  after: metrics.describe('of the model that was written'),
  training: z.object({
    steps: z.int().describe('steps done'),
    epochs: z.number(),
    bestStep: z.int().describe('the step the written model is from; 0 is the model as it came'),
    batch: z.int().describe('samples per step at the end'),
    parameters: z.int().describe('how many numbers were trained'),
    restoredNorms: z.int().describe('batch normalizations that were put back and folded again'),
    rollbacks: z.int().describe('how often an exploding loss threw the training back'),
    stopped: z.enum(['steps', 'time', 'no-progress', 'interrupted']).describe('why it ended'),
  }),
  next: z.string().nullable().describe('a command that makes sense now'),
});

/** The same of `train`. */
export const trainDocument = finetuneDocument.extend({ schema: z.literal('espalier/train@1') });

/** The type of both. */
export type TrainingDocument = z.infer<typeof finetuneDocument> | z.infer<typeof trainDocument>;
