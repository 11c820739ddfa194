// One run in short, as every document of `runs` holds it.
import { z } from 'zod';

/** How a run stands and what has come of it. */
export const runField = z.object({
  run: z.string().describe('path of its folder, as commands take it'),
  path: z.string().describe('the same, absolute'),
  command: z.string().nullable().describe('run, finetune or train; null where its record does not tell'),
  model: z.string().nullable().describe('absolute path of the model it began with; null likewise'),
  startedAt: z.string().nullable().describe('ISO date; null likewise'),
  changedAt: z.string().describe('ISO date of its last entry'),
  state: z
    .enum(['running', 'ended', 'interrupted'])
    .describe('running while a process writes to it; interrupted where it neither ended nor runs'),
  reason: z
    .enum([
      ...(['target', 'budget', 'nothing-left', 'iterations', 'time'] as const),
      ...(['steps', 'no-progress', 'interrupted'] as const),
    ])
    .nullable()
    .describe('why it ended; null unless it did'),
  process: z
    .object({ pid: z.int(), host: z.string(), since: z.string().describe('ISO date') })
    .nullable()
    .describe('what writes to it; null unless it is running'),
  steps: z.int().describe('accepted steps of a run, optimizer steps of a training'),
  bytes: z.int().describe('size of all its files'),
  metrics: z.object({
    metric: z.string().nullable().describe('what it is judged by; null before the first judgement'),
    before: z.number().nullable(),
    after: z.number().nullable().describe('of the best model so far'),
    drop: z.number().nullable().describe('how much worse it became; negative where better'),
    macs: z.number().nullable().describe('fraction kept; null for a training'),
    params: z.number().nullable().describe('fraction kept; null for a training'),
  }),
});

/** The field's type. */
export type RunField = z.infer<typeof runField>;
