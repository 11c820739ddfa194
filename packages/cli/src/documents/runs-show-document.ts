// The JSON document of `runs show`.
import { z } from 'zod';
import { costField } from './fields.ts';
import { runField } from './run-field.ts';
import { judgementField } from './search-document.ts';

/** Settings by the name of their flag; those that were not set are left out. */
export const settingsField = z
  .array(z.object({ name: z.string(), value: z.unknown() }))
  .describe('what decides the result');

/** One run, whole. */
export const runsShowDocument = z.object({
  schema: z.literal('espalier/runs-show@1'),
  run: runField,
  asked: z.string().nullable().describe('the command it began with'),
  folder: z.string().nullable().describe('absolute path of the folder in which that was typed'),
  espalier: z.string().nullable().describe('version it began with'),
  machine: z.string().nullable().describe('the machine it began on, in words'),
  settings: settingsField,
  steps: z
    .array(
      z.object({
        step: z.int().describe('0 is the original'),
        cost: costField,
        judgement: judgementField,
        proof: z.string().nullable(),
        tries: z.int().describe('cuts that were tried for it'),
        model: z.string().nullable().describe('relative to the run folder; null where it was not kept'),
      }),
    )
    .optional()
    .describe('of a run'),
  trials: z
    .array(
      z.object({
        step: z.int().describe('the step it was tried for'),
        strength: z.number().describe('1 for the cut as proposed, halved at every further try'),
        macs: z.number(),
        cutAlone: z.number().describe('the metric before recovery'),
        recovered: z.number().describe('and after'),
        worst: z.number().describe('the most that the drop is at the chosen confidence'),
        allowed: z.number(),
        accepted: z.boolean(),
        seconds: z.number(),
      }),
    )
    .optional()
    .describe('of a run: every cut that was tried'),
  training: z
    .object({
      planned: z.int().nullable().describe('optimizer steps in all; null where time ends it'),
      epochs: z.number(),
      batch: z.int().nullable(),
      parameters: z.int().nullable().describe('how many numbers are trained'),
      rollbacks: z.int(),
      evaluations: z.array(
        z.object({
          step: z.int(),
          value: z.number().nullable(),
          best: z.boolean().describe('whether it was the best until then'),
        }),
      ),
      notes: z.array(z.string()).describe('what was decided or found out'),
    })
    .optional()
    .describe('of a training'),
  files: z.array(
    z.object({ name: z.string().describe('relative to the run folder'), bytes: z.int(), text: z.string() }),
  ),
  result: z.string().nullable().describe('absolute path of the best model so far; null where there is none'),
  resume: z.string().nullable().describe('the command that goes on, null where nothing is left to do'),
  next: z.string().nullable().describe('a command that makes sense now'),
});

/** The document's type. */
export type RunsShowDocument = z.infer<typeof runsShowDocument>;
