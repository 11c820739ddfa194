// The JSON document of `compare`.
import { z } from 'zod';
import { estimateField, modelField } from './fields.ts';
import { latencyField } from './latency-field.ts';

const weight = z.number().describe('0 for what does not count');

/** Models held against each other, and the one that a rule picks. */
export const compareDocument = z.object({
  schema: z.literal('espalier/compare@1'),
  run: z.string().nullable().describe('absolute path of the run whose steps they are; null for models'),
  metric: z.string().nullable().describe('what they are judged by; null where nothing was judged'),
  models: z
    .array(
      z.object({
        name: z.string(),
        step: z.int().nullable().describe('of the run; null for models'),
        model: modelField,
        macs: z.number().describe('of one run'),
        memory: z
          .object({
            weightBytes: z.int(),
            activationBytes: z.int().describe('the most that is alive at once, at the first traced size'),
          })
          .describe('what the graph itself asks for, as float32 values in buffers of their own'),
        judgement: z
          .object({
            value: z.number(),
            drop: z.number().describe('how much worse than the original; negative where better'),
            interval: z.tuple([z.number(), z.number()]).nullable().describe('of the drop at 95 %'),
            worst: z.number().describe('the most that the drop is at the chosen confidence'),
          })
          .nullable(),
        latency: z
          .array(
            z.object({
              device: z.string(),
              fingerprint: z.string(),
              medianMs: estimateField,
              speedup: estimateField.describe('over the original'),
            }),
          )
          .describe('device by device'),
        score: z.number().describe('1 for the original, 2 is twice as good all in all'),
        pareto: z.boolean().describe('whether nothing is as good in all that counts and better in something'),
        behind: z
          .object({
            name: z.string(),
            clear: z.boolean().describe('better in something by more than the intervals leave open'),
          })
          .nullable()
          .describe('the model that is; null in the Pareto set'),
      }),
    )
    .describe('the original first'),
  decision: z.object({
    rule: z.enum(['weighted', 'fastest', 'knee']),
    text: z.string().describe('the rule in words'),
    formula: z.string().describe('of the score'),
    weights: z.object({ accuracy: weight, latency: weight, size: weight, memory: weight }),
    maxDrop: z.number().describe('the most that the metric may lose, in its unit'),
    confidence: z.number().describe('how sure it must be that a drop is within it'),
  }),
  pick: z.object({
    name: z.string(),
    step: z.int().nullable(),
    path: z.string().describe('absolute'),
  }),
  metrics: z
    .object({
      score: z.number(),
      speedup: z.number().describe('geometric mean over the devices'),
      drop: z.number().nullable(),
      macs: z.number().describe('fraction of the original, as bytes and memory are'),
      bytes: z.number(),
      memory: z.number(),
    })
    .describe('of the model that is picked'),
  devices: z.array(latencyField).describe('what each device measured, in the order they were named'),
  output: z.string().nullable().describe('absolute path of the copy; null without --output'),
  remarks: z.array(z.string()),
  next: z.string().nullable().describe('a command that makes sense now; null where the original is picked'),
});

/** The document's type. */
export type CompareDocument = z.infer<typeof compareDocument>;
