// The JSON document of `run`.
import { z } from 'zod';
import { deviceField } from './device-field.ts';
import { costField, estimateField, modelField } from './fields.ts';
import { latencyField } from './latency-field.ts';

const classDropField = z.object({
  name: z.string(),
  samples: z.int(),
  drop: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable().describe('of the drop at 95 %'),
  worst: z.number().describe('the most that the drop is at the chosen confidence'),
});

/** How a step does on the samples it is judged by. */
export const judgementField = z.object({
  value: z.number(),
  drop: z.number().describe('how much worse than the original; negative where better'),
  interval: z.tuple([z.number(), z.number()]).nullable().describe('of the drop at 95 %'),
  worst: z.number().describe('the most that the drop is at the chosen confidence'),
  classes: z.record(z.string(), z.number()).optional().describe('of what is recognised of each class'),
  worstClass: classDropField.optional().describe('with --max-class-drop: the class that may have lost most'),
});

const searchFields = {
  model: modelField,
  run: z.string().describe('absolute path of the run folder'),
  output: z.string().describe('absolute path of the best model'),
  strategy: z.string(),
  target: z.object({ measure: z.enum(['macs', 'params', 'latency']), kept: z.number() }),
  device: deviceField.optional().describe('where a latency is the target: what it is measured on'),
  maxDrop: z.number(),
  maxClassDrop: z.number().optional(),
  confidence: z.number(),
  metric: z.string(),
  judgedBy: z.int().describe('samples that judged'),
  reason: z
    .enum(['target', 'budget', 'nothing-left', 'iterations', 'time', 'interrupted'])
    .describe('why it ended'),
  metrics: z.object({
    macs: z.number().describe('fraction kept'),
    params: z.number().describe('fraction kept'),
    before: z.number(),
    after: z.number(),
    drop: z.number(),
    latency: z.number().optional().describe('fraction kept, where it is the target'),
    speedup: z.number().optional(),
  }),
  steps: z.array(
    z.object({
      step: z.int(),
      cost: costField,
      latency: z
        .object({ fraction: estimateField, ms: z.number() })
        .optional()
        .describe('on the device, where a latency is the target'),
      judgement: judgementField,
      proof: z.string().nullable(),
      tries: z.int().describe('cuts that were tried for it'),
      model: z
        .string()
        .nullable()
        .describe('its model, relative to the run folder; null where it was not kept'),
    }),
  ),
  layers: z
    .array(z.object({ node: z.string(), channels: z.int(), kept: z.int() }))
    .describe('layers that lost channels'),
  latency: latencyField.optional(),
  remarks: z.array(z.string()).describe('what the numbers do not say by themselves, as sentences'),
  next: z.string(),
};

/** What a search found, step by step. */
export const searchDocument = z.object({
  schema: z.literal('espalier/search@1'),
  ...searchFields,
  others: z
    .array(z.object(searchFields))
    .optional()
    .describe('with several --devices: the same for every one but the first'),
});

/** The document's type. */
export type SearchDocument = z.infer<typeof searchDocument>;
