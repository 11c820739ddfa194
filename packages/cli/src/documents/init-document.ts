// The JSON document of `init`.
import { z } from 'zod';
import { costField, modelField } from './fields.ts';

/** What was found and what was written. */
export const initDocument = z.object({
  schema: z.literal('espalier/init@1'),
  file: z.string().describe('the config file, absolute path'),
  model: modelField.extend({
    task: z.enum(['classify', 'detect', 'segment', 'other']),
    reason: z.string().describe('what tells the task'),
    input: z.array(z.int()).describe('dims of the first input, as traced'),
  }),
  metrics: costField.extend({
    convolutions: z.int(),
    prunableConvolutions: z.int(),
    groups: z.int().describe('groups of coupled channels that can go'),
    frozen: z.int().describe('convolutions that keep channels for some reason'),
    leastMacs: z.number().describe('fraction of the MACs that stays at least, within the usual limits'),
  }),
  data: z
    .object({
      path: z.string(),
      description: z.string(),
      labels: z
        .enum(['class', 'boxes', 'mask', 'array', 'none'])
        .describe('what the samples tell of the truth'),
      classes: z.int().nullable().describe('classes that the labels know'),
      learned: z.int().describe('samples that may be learned from'),
      judged: z.int().describe('samples that models will be judged by'),
      split: z.string().nullable().describe('the part they are from; null where they are held out'),
    })
    .nullable(),
  preprocess: z
    .object({
      chosen: z.string().describe('as `--preprocess` takes it, without what changes nothing'),
      metric: z.string().nullable().describe('what it was told by; null where nothing was tried'),
      samples: z.int().describe('labelled samples that the chosen one was tried on'),
      trials: z.array(
        z.object({
          name: z.string(),
          preprocess: z.string(),
          value: z.number().nullable().describe('of the metric'),
          samples: z.int().describe('fewer where a part was telling enough'),
          verdict: z
            .enum(['taken', 'not told apart', 'worse'])
            .describe(
              'worse where the samples show that it is; what was not told apart from the best is as good',
            ),
        }),
      ),
    })
    .nullable(),
  settings: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .describe('the keys of the file with their values'),
  obstacles: z.array(z.string()).describe('what must be changed before a run, as sentences'),
  next: z.string().describe('the command to go on with'),
});

/** The document's type. */
export type InitDocument = z.infer<typeof initDocument>;
