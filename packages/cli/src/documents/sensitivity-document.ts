// The JSON document of `sensitivity`, and the curves it shares with `run`.
import { z } from 'zod';
import { modelField } from './fields.ts';

/** The curve of one group. */
export const curveField = z.object({
  root: z.string().describe('the first node that makes its channels'),
  part: z.int().describe('which of the groups of that node, from 0'),
  channels: z.int(),
  age: z.int().describe('accepted cuts since it was measured'),
  points: z.array(
    z.object({
      rate: z.number().describe('share of the channels that was asked for'),
      removed: z.int().describe('channels that went'),
      macs: z.number().describe('of the whole model with this cut alone'),
      params: z.number().describe('of the whole model with this cut alone'),
      value: z.number().describe('the metric'),
      drop: z.number().describe('how much worse than the uncut model; negative where better'),
      interval: z
        .tuple([z.number(), z.number()])
        .nullable()
        .describe('of the drop at 95 %; null where samples were too few'),
      samples: z.int().describe('what it rests on'),
    }),
  ),
});

/** How the model fares when one group of channels alone is cut. */
export const sensitivityDocument = z.object({
  schema: z.literal('espalier/sensitivity@1'),
  model: modelField,
  criterion: z.string(),
  data: z.object({ path: z.string(), description: z.string(), samples: z.int() }),
  metric: z.string(),
  higherIsBetter: z.boolean(),
  cost: z.object({ macs: z.number(), params: z.number() }).describe('of the uncut model'),
  metrics: z.object({
    value: z.number().describe('the metric of the uncut model'),
    probes: z.int(),
    work: z
      .number()
      .describe('multiply-accumulates that were run, over those of one evaluation of the model'),
    seconds: z.number(),
  }),
  groups: z.array(curveField),
  next: z.string(),
});

/** The document's type. */
export type SensitivityDocument = z.infer<typeof sensitivityDocument>;
