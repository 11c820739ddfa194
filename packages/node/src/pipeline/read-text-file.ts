// Small text files that users name: plans, ratios, preprocessing.
import { readFile } from 'node:fs/promises';
import { EspalierError, type Plan, readPlan } from '@espalier/core';

/** The text of a file. Error: `io.read-failed`. */
export async function readTextFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new EspalierError({
      kind: 'io',
      code: 'io.read-failed',
      message: `The file ${path} cannot be read (${cause.code ?? cause.message}).`,
      hint: 'Check the path.',
      cause,
    });
  });
}

/** The plan in a JSON file. Errors: `io.read-failed`, `plan.not-json` (usage), those of `readPlan`. */
export async function readPlanFile(path: string): Promise<Plan> {
  const text = await readTextFile(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new EspalierError({
      kind: 'usage',
      code: 'plan.not-json',
      message: `The plan ${path} is no JSON: ${(cause as Error).message}.`,
      hint: '`espalier prune --save-plan` writes plans.',
      cause,
    });
  }
  return readPlan(json);
}
